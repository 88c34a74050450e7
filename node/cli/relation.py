"""`follow`, `unfollow`, `followers`, `share`, `unshare`: who hears whom."""

import asyncio
from argparse import Namespace

from node import relations
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, REMOTE, Out, Stop
from node.context import Node
from node.places import show_place


def _place(node: Node, slug: str | None, out: Out) -> None:
    if slug and show_place(node, slug) is None:
        raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=slug)])


def follow(args: Namespace, out: Out) -> int:
    """Ask to follow a place; the request is signed and queued once its actor is found and verified."""
    with opened(args, out) as node:
        asked = asyncio.run(relations.follow(node, args.target))
        if isinstance(asked, relations.Unreachable):
            raise Stop(REMOTE, [asked.text(out.lang)])
        out.data({"target": asked.target, "name": asked.name, "state": asked.state})
        out.say("follow.again" if asked.again else "follow.asked", name=asked.name, target=asked.target)
        out.next("follow.next")
    return 0


def unfollow(args: Namespace, out: Out) -> int:
    """End a relation: an Undo is queued, and the place leaves the views."""
    with opened(args, out) as node:
        ended = asyncio.run(relations.unfollow(node, args.target))
        if ended is None:
            raise Stop(NOT_FOUND, [out.text("error.not_followed", who=args.target)])
        out.data({"target": ended})
        out.say("follow.ended", target=ended)
        out.next("follow.ended_next")
    return 0


def followers(args: Namespace, out: Out) -> int:
    """See who follows; approve or reject a request."""
    with opened(args, out, role="site") as node:
        _place(node, args.slug, out)
        wanted = args.approve or args.reject
        if wanted:
            act = relations.approve if args.approve else relations.reject
            who = asyncio.run(act(node, args.slug, wanted))
            if who is None:
                raise Stop(NOT_FOUND, [out.text("error.not_follower", who=wanted)])
            out.data({"follower": who, "state": "accepted" if args.approve else "rejected"})
            out.say("followers.approved" if args.approve else "followers.rejected", who=who)
            out.next("followers.next_done")
            return 0
        _list(node, args.slug, out)
        out.next("followers.next")
    return 0


def _list(node: Node, slug: str | None, out: Out) -> None:
    rows = relations.all_followers(node, slug)
    out.data(
        [
            {"place": r.slug, "follower": r.follower, "handle": r.handle, "state": r.state, "since": r.since}
            for r in rows
        ]
    )
    if not rows:
        out.say("followers.none")
        return
    head = [out.text("followers.head_" + key) for key in ("place", "who", "state", "since")]
    out.table(head, [[r.slug, r.handle or r.follower, out.text("followers.state." + r.state), r.since] for r in rows])


def share(args: Namespace, out: Out) -> int:
    """Grant one partner, or one aggregator, what is shared at a level."""
    with opened(args, out, role="site") as node:
        _place(node, args.slug, out)
        done = asyncio.run(relations.share(node, args.slug, args.grantee, args.level))
        if isinstance(done, relations.Unreachable):
            raise Stop(REMOTE, [done.text(out.lang)])
        out.data({"slug": args.slug, "grantee": done, "level": args.level})
        out.say("share.done", who=done, slug=args.slug, level=out.text("sharing." + args.level))
        out.next("share.next", slug=args.slug)
    return 0


def unshare(args: Namespace, out: Out) -> int:
    """Withdraw a grant; what was already sent stays known."""
    with opened(args, out, role="site") as node:
        _place(node, args.slug, out)
        who = asyncio.run(relations.unshare(node, args.slug, args.grantee))
        if who is None:
            raise Stop(NOT_FOUND, [out.text("error.not_partner", who=args.grantee)])
        out.data({"slug": args.slug, "grantee": who})
        out.say("share.ended", who=who, slug=args.slug)
        out.next("share.ended_next", slug=args.slug)
    return 0
