"""`place add|show|list|delete`: the places of this node, before and after they are published."""

from argparse import Namespace
from pathlib import Path

from node.cli import files
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, REFUSED, Out, Stop
from node.cli.rejection import as_data, rejections, say
from node.context import Node
from node.places import DESCRIPTION, PlaceState, add_place, delete_place, list_all, show_place
from vocab.errors import Mistake, message
from vocab.intake.place import place_jsonld, place_toml
from vocab.model import Place


def refused(mistakes: tuple[Mistake, ...], out: Out) -> Stop:
    """One readable line per mistake, exit 1."""
    return Stop(REFUSED, [message(mistake, out.lang) for mistake in mistakes])


def handle(node: Node, slug: str) -> str:
    """`@slug@host`, as the fediverse writes it (RFC 7565 acct)."""
    return f"@{slug}@{node.config.authority}"


def _read(node: Node, args: Namespace, out: Out) -> Place:
    iri = f"{node.config.url}/places/{args.slug}#place"
    reader = place_jsonld if Path(args.file).suffix in (".jsonld", ".json") else place_toml
    place = reader(files.utf8(args.file, out), iri)
    if isinstance(place, Place):
        return place
    raise refused(place, out)


def add(args: Namespace, out: Out) -> int:
    """Add a place or correct its description; nothing is sent before `publish`."""
    with opened(args, out, role="site") as node:
        place = _read(node, args, out)
        outcome = add_place(node, args.slug, place, tuple(args.accept))
        out.data({"slug": args.slug, "handle": handle(node, args.slug), "outcome": outcome, "place": place.to_json()})
        out.say(f"place.{outcome}", name=place.name, slug=args.slug)
        out.say("place.address", handle=handle(node, args.slug))
        out.next("place.next_publish", slug=args.slug)
    return 0


def _found(node: Node, slug: str, out: Out) -> PlaceState:
    state = show_place(node, slug)
    if state is None:
        raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=slug)])
    return state


def show(args: Namespace, out: Out) -> int:
    """What this node knows of one of its places."""
    with opened(args, out, role="site") as node:
        state = _found(node, args.slug, out)
        content = state.place.to_json()
        about = {"slug": state.slug, "handle": handle(node, state.slug), "state": state.state, "place": content}
        refusals = rejections(node, [state.slug])
        document = f"{node.config.actor(state.slug)}/documents/{DESCRIPTION}"
        out.data(about | {"rejections": as_data(refusals, document, out.lang)})
        out.line(out.strong(f"{state.place.name} ({state.slug})"))
        out.say("place.address", handle=handle(node, state.slug))
        out.line(out.text(f"state.{state.state}"))
        for key, value in content.items():
            if value not in (None, "", [], {}, ()):
                out.line(f"  {key}: {value}")
        say(refusals, document, state.place.name, out)
        out.next("place.next_report", slug=state.slug)
    return 0


def list_places(args: Namespace, out: Out) -> int:
    """Every place of this node and whether it is published."""
    with opened(args, out, role="site") as node:
        states = list_all(node)
        out.data([{"slug": s.slug, "name": s.place.name, "state": s.state} for s in states])
        if not states:
            out.say("place.none")
        else:
            head = [out.text("place.head_" + key) for key in ("slug", "name", "state")]
            out.table(head, [[s.slug, s.place.name, out.text("state." + s.state)] for s in states])
        out.next("place.next_add")
    return 0


def delete(args: Namespace, out: Out) -> int:
    """Remove a place, its documents and its actor; tombstones stay and its slug is never reused."""
    with opened(args, out, role="site") as node:
        _found(node, args.slug, out)
        delete_place(node, args.slug)
        out.data({"slug": args.slug, "deleted": True})
        out.say("place.deleted", slug=args.slug)
        out.next("place.deleted_next")
    return 0
