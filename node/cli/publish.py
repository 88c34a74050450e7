"""`publish`: shows what changes and who receives it, then signs, journals and queues it."""

from argparse import Namespace
from collections.abc import Iterable

from node.cli import doubt
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.context import Node
from node.doubts import of_report
from node.places import show_place
from node.publish import Change, plan
from node.publish import publish as send
from vocab.oddity import Oddity


def _name(change: Change, out: Out) -> str:
    kind, _, rest = change.name.partition("/")
    return out.text("publish.document." + kind, period=rest.partition("/")[0])


Doubts = dict[str, tuple[Oddity, ...]]


def _doubts(node: Node, changes: Iterable[Change]) -> Doubts:
    """What to check in the reports that will leave, by document."""
    found: Doubts = {}
    for change in changes:
        kind, _, about = change.name.partition("/")
        if kind == "report" and change.kind != "delete":
            period = about.partition("/")[0].replace("_", "/")
            found[change.document] = of_report(node, change.slug, period, change.sharing)
    return found


def _show(change: Change, doubts: Doubts, out: Out) -> None:
    sharing = out.text("sharing." + change.sharing)
    out.say(
        f"publish.{change.kind}", slug=change.slug, name=_name(change, out), sharing=sharing, version=change.version
    )
    for difference in change.differences:
        out.line("    " + difference)
    doubt.say(doubts.get(change.document, ()), out, "    ")
    if change.sharing == "private":
        out.say("publish.private")
    elif change.recipients:
        out.say("publish.to", recipients=", ".join(change.recipients))
    else:
        out.say("publish.to_nobody")


def _data(change: Change, doubts: Doubts, out: Out) -> dict[str, object]:
    return {
        "slug": change.slug,
        "kind": change.kind,
        "document": change.document,
        "name": change.name,
        "sharing": change.sharing,
        "version": change.version,
        "differences": list(change.differences),
        "recipients": list(change.recipients),
        "warnings": doubt.as_data(doubts.get(change.document, ()), out),
    }


def publish(args: Namespace, out: Out) -> int:
    """What changes, then the one transaction; `--dry-run` stops before it."""
    with opened(args, out, role="site") as node:
        if args.slug and show_place(node, args.slug) is None:
            raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=args.slug)])
        planned = plan(node, args.slug)
        doubts = _doubts(node, planned.changes)
        for change in planned.changes:
            _show(change, doubts, out)
        count = len(planned.changes)
        if args.dry_run:
            out.data({"dry_run": True, "changes": [_data(c, doubts, out) for c in planned.changes], "queued": 0})
            out.say("publish.would" if count else "publish.nothing", count=count)
            out.next("publish.next_dry" if count else "publish.next_nothing")
            return 0
        done = send(node, args.slug)
        out.data({"dry_run": False, "changes": [_data(c, doubts, out) for c in done.changes], "queued": done.queued})
        out.say(
            "publish.done" if done.changes or done.queued else "publish.nothing",
            count=len(done.changes),
            queued=done.queued,
        )
        out.next("publish.next_serve" if done.changes or done.queued else "publish.next_nothing")
    return 0
