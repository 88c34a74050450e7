"""`deliveries`: who has what we sent, who has not, and why."""

from argparse import Namespace

from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.context import Node
from node.deliveries import WAITING, Delivered, counts, deliveries_of, is_known, retry
from node.refusals import explained

_HEAD = ("id", "what", "to", "state", "tries", "status", "next", "reason")


def deliveries(args: Namespace, out: Out) -> int:
    """Each activity and its recipients; or put back in the queue what was set aside."""
    with opened(args, out) as node:
        if args.retry is not None or args.retry_parked:
            return _retry(node, args, out)
        if args.what and not is_known(node, args.what):
            raise Stop(NOT_FOUND, [out.text("deliveries.unknown", what=args.what)])
        found, total = deliveries_of(node, args.what, args.failed, args.limit), counts(node)
    out.data({"deliveries": [each.to_json() | {"explained": _why(each, out)} for each in found], "counts": total})
    if found:
        out.table([out.text("deliveries.head_" + name) for name in _HEAD], _rows(found, out))
    else:
        out.say("deliveries.none")
    out.say("deliveries.counts", **total)
    out.next("deliveries.next_parked" if total["parked"] else "deliveries.next")
    return 0


def _retry(node: Node, args: Namespace, out: Out) -> int:
    count = retry(node, args.retry)
    if args.retry is not None and not count:
        raise Stop(NOT_FOUND, [out.text("deliveries.not_set_aside", id=args.retry)])
    out.data({"queued": count})
    out.say("deliveries.queued", count=count)
    out.next("deliveries.next_serve")
    return 0


def _rows(found: list[Delivered], out: Out) -> list[list[str]]:
    """One line a delivery; what it carries is said once."""
    lines, said = [], ""
    for each in found:
        what = f"{each.type} {each.object_type} {each.name}" + (f" v{each.version}" if each.version else "")
        shown, said = "" if each.activity == said else what, each.activity
        state = out.text("deliveries.state." + each.state)
        status = str(each.status or "")
        when = each.next if each.state == WAITING and each.attempts else ""
        to = each.handle or each.recipient
        lines.append([str(each.id), shown, to, state, str(each.attempts), status, when, _why(each, out)])
    return lines


def _why(each: Delivered, out: Out) -> str:
    return explained(out.lang, each.reason) if each.reason and each.state != "delivered" else ""
