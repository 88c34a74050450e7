"""`post add|list|edit|delete` and `timeline`: what a place says to everybody, and what comes in from those followed."""

from argparse import Namespace
from pathlib import Path

from node import posts
from node.cli import files
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.cli.place import refused
from node.context import Node
from node.people import writing
from node.places import show_place
from node.timeline import Item
from node.timeline import timeline as read_timeline
from vocab.post import Post


def _read(node: Node, slug: str, kind: str, path: str, out: Out) -> Post:
    text = files.utf8(path, out)
    post = posts.read(node, slug, kind, text, Path(path).suffix.lower() == ".toml")
    if isinstance(post, Post):
        return post
    raise refused(post, out)


def _told(said: posts.Said, out: Out) -> None:
    out.say("post.to" if said.queued else "post.to_nobody", count=said.queued)
    if said.announced:
        out.say("post.announced", count=said.announced)


def add(args: Namespace, out: Out) -> int:
    """Sign and queue a new note, article or event, in one transaction."""
    with opened(args, out, role="site") as node:
        post = _read(node, args.slug, args.type, args.file, out)
        said = posts.add(node, args.slug, post)
        about = {"id": said.id, "url": said.id, "type": args.type, "version": said.version}
        out.data(about | {"queued": said.queued, "announced": said.announced})
        out.say(f"post.added.{args.type}", id=said.id)
        _told(said, out)
        out.next("post.next_serve", name=said.id.rpartition("/")[2])
    return 0


def list_posts(args: Namespace, out: Out) -> int:
    """The living posts, the newest first."""
    with opened(args, out, role="site") as node:
        if args.slug and show_place(node, args.slug) is None:
            raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=args.slug)])
        found = posts.list_all(node, args.slug)
        out.data([_data(post) for post in found])
        if not found:
            out.say("post.none")
        else:
            keys = ("place.head_slug", "post.head_name", "post.head_type", "post.head_date", "post.head_title")
            rows = [
                [p.slug, p.id.rpartition("/")[2], out.text("post.type." + p.kind), p.published[:10], p.title]
                for p in found
            ]
            out.table([out.text(key) for key in keys], rows)
        out.next("post.next_add")
    return 0


def _data(post: posts.Stored) -> dict[str, object]:
    about = {"id": post.id, "url": post.id, "name": post.id.rpartition("/")[2], "slug": post.slug, "type": post.kind}
    dates = {"published": post.published, "updated": post.updated}
    return about | {"title": post.title, "version": post.version} | dates


def edit(args: Namespace, out: Out) -> int:
    """A new version of a post, of the same type and at the same address."""
    with opened(args, out, role="site") as node:
        stored = posts.find(node, args.post)
        said = writing.replace_by(node, stored, _read(node, stored.slug, stored.kind, args.file, out))
        unchanged = {"id": stored.id, "version": stored.version, "queued": 0, "changed": False}
        out.data(unchanged if said is None else unchanged | _changed(said))
        if said is None:
            out.say("post.same", id=stored.id)
        else:
            out.say("post.edited", id=said.id, version=said.version)
            _told(said, out)
        out.next("post.next_list")
    return 0


def _changed(said: posts.Said) -> dict[str, object]:
    return {"version": said.version, "queued": said.queued, "changed": True}


def delete(args: Namespace, out: Out) -> int:
    """Withdraw a post: its address answers that it is gone, and all who had it are told."""
    with opened(args, out, role="site") as node:
        stored = posts.find(node, args.post)
        queued = writing.withdraw(node, stored)
        out.data({"id": stored.id, "deleted": True, "queued": queued})
        out.say("post.deleted", id=stored.id, count=queued)
        out.next("place.deleted_next")
    return 0


def _how(item: Item, out: Out) -> str:
    """How it was proved, and whether that still counts."""
    revoked = out.text("timeline.key_revoked", time=item.key_revoked[:10]) if item.key_revoked else ""
    return " ".join(filter(None, (item.verified, revoked)))


def timeline(args: Namespace, out: Out) -> int:
    """What the followed actors said, the newest first."""
    with opened(args, out) as node:
        items = read_timeline(node, max(args.limit, 0), out.lang)
        out.data([item.to_json() for item in items])
        if items:
            keys = ("received", "who", "type", "title", "verified")
            rows = [
                [e.received[:16].replace("T", " "), e.handle or e.actor, e.type, e.announced or e.title, _how(e, out)]
                for e in items
            ]
            out.table([out.text(f"timeline.head_{key}") for key in keys], rows)
            for letter in (item for item in items if item.text):
                out.line("")
                out.line(out.strong(out.text("timeline.letter", who=letter.handle or letter.actor)))
                out.line(letter.text)
        else:
            out.say("timeline.none")
        out.next("timeline.next" if items else "harvest.next_follow")
    return 0
