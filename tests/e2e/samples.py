"""Every page of a node by its address, read from the application itself, so that a new page cannot be forgotten."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from node.app import build_app
from node.context import Node
from node.people import links, roles, writing
from node.people.roles import Role
from node.people.writing import Typed
from node.posts import list_all
from node.project import rebuild
from node.publish import publish
from node.reports import add_report
from node.store.schema import directory, followers
from tests.node.desk import SLUG, populated
from tests.node.filled import a_place
from tests.node.net import visits
from vocab.post import Post

NOTES = {"note": {}, "article": {"title": "Prêter ses outils"}, "event": {"title": "Fête", "date": "2099-05-01T18:00"}}
NO_PAGE = re.compile(r"\.(json|csv|jsonld|atom|ttl)$|^/(static|media|\.well-known|nodeinfo|metrics|api)|inbox|outbox")
HOLE = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^}]*\}[^{}]*)*)?\}")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A node with something on every page, and the addresses of all of them."""

    node: Node
    paths: tuple[str, ...]


def sampled(folder: Path, *node_roles: str) -> Sampled:
    """A site that is an aggregator too, unless roles are named: places, figures, posts, people who look after them."""
    node = populated(folder, *(node_roles or ("site", "aggregator")))
    for year, count in (("2024", 3500), ("2025", 4210)):
        add_report(node, SLUG, year, visits(count, year), "public")
    publish(node)
    for kind, fields in NOTES.items():
        typed = Typed(kind, fields, "Le **four** est allumé")
        post = writing.read(node, SLUG, typed)
        assert isinstance(post, Post)
        writing.publish(node, SLUG, typed, post, None)
    row = {"actor": node.config.actor(SLUG), "follower": "https://loin.example/actor", "state": "pending"}
    said = followers.insert().values(row | {"follow": "https://loin.example/f/1", "since": "2026-01-01T00:00:00.000Z"})
    node.store.write(lambda connection: connection.execute(said))
    roles.give(node, "host", SLUG, Role.OWNER)
    rebuild(node)
    _listed(node)
    return Sampled(node, _paths(node))


def _listed(node: Node) -> None:
    """A place that is on a list only."""
    listing = f"{node.config.url}/listings/x/x"
    row = a_place(9, kind="listing", document=listing, place=f"{listing}#place", seq=10**6)
    with node.cache.public.write() as public:
        public.execute(directory.insert().values(row))


def _paths(node: Node) -> tuple[str, ...]:
    known = {
        "slug": SLUG,
        "period": "2025",
        "code": "23",
        "source": "x",
        "row": "x",
        "tail": "",
        "post": list_all(node, SLUG)[0].id.rpartition("/")[2],
    }
    found = []
    for resource in build_app(node).router.resources():
        if NO_PAGE.search(resource.canonical) or not any(route.method == "GET" for route in resource):
            continue
        parts = HOLE.split(resource.canonical)  # what is fixed, and the names between
        names = [_filled(node, resource.canonical, name, known) for name in parts[1::2]]
        found.append("".join(piece for pair in zip(parts[::2], [*names, ""], strict=True) for piece in pair))
    themes = [f"/manage/{SLUG}/figures/2025?theme=economy", f"/manage/{SLUG}/posts/new?kind=event"]
    asked = {"/network/place": f"?id={quote(node.config.actor(SLUG), safe='')}%23place"}
    return tuple(dict.fromkeys([*(path + asked.get(path, "") for path in found), *themes]))


def _filled(node: Node, path: str, name: str, known: dict[str, str]) -> str:
    """What stands for one part of an address; a new part must be given something to stand for it."""
    if name == "token":
        kind = links.RESET if path.startswith("/reset") else links.INVITE
        return links.make(node, kind, account="reader" if kind == links.RESET else "")
    if name == "id":
        return "use" if path.startswith("/themes") else "visits"
    if name == "name":
        places = {"/posts/": known["post"], "/host/places/": SLUG}
        return next((each for part, each in places.items() if part in path), "x")
    return known.get(name, "x")
