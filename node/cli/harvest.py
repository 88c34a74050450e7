"""`harvest`: catch up and compare now."""

import asyncio
from argparse import Namespace
from dataclasses import asdict

from node.cli.opening import opened
from node.cli.out import REMOTE, Out, Stop
from node.harvest import HarvestedActor
from node.refusals import explained

_COUNTED = ("documents", "added", "dropped", "refused")


def harvest(args: Namespace, out: Out) -> int:
    """Read again what the followed places publish; what was missed is judged and journalled like a delivery."""
    from node.harvest import harvest as read_again
    from node.project import catch_up

    with opened(args, out) as node:
        result = asyncio.run(read_again(node, args.whom, out.progress, args.accept_vanished))
        catch_up(node)
    out.data({"actors": [asdict(actor) for actor in result.actors]})
    for actor in result.actors:
        _say(actor, out)
    if not result.actors:
        out.say("harvest.none")
        out.next("harvest.next_follow")
        return 0
    sums = {name: sum(getattr(actor, name) for actor in result.actors) for name in _COUNTED}
    out.say("harvest.done", actors=len(result.actors), **sums)
    failed = [actor for actor in result.actors if actor.error]
    if len(failed) == len(result.actors):
        raise Stop(REMOTE, [_failure(actor, out) for actor in failed])
    out.next("harvest.next")
    return 0


def _failure(actor: HarvestedActor, out: Out) -> str:
    return out.text("harvest.failed", actor=actor.actor, reason=explained(out.lang, actor.error))


def _say(actor: HarvestedActor, out: Out) -> None:
    if actor.error:
        out.line(_failure(actor, out))
        return
    out.say("harvest.actor", actor=actor.actor, documents=actor.documents)
    if actor.vanished:
        out.say("harvest.vanished", actor=actor.actor, vanished=actor.vanished)
