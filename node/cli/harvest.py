"""`harvest`: backfill and reconcile now."""

import asyncio
from argparse import Namespace

from node.cli.opening import opened
from node.cli.out import REMOTE, Out, Stop


def harvest(args: Namespace, out: Out) -> int:
    """Read again what the followed places publish; what was missed is judged and journalled like a delivery."""
    from node.harvest import harvest as read_again
    from node.project import catch_up

    with opened(args, out) as node:
        result = asyncio.run(read_again(node, args.url, out.progress))
        catch_up(node)
        out.data(
            {
                "actors": [
                    {
                        "actor": a.actor,
                        "documents": a.documents,
                        "added": a.added,
                        "refused": a.refused,
                        "error": a.error,
                    }
                    for a in result.actors
                ]
            }
        )
        for actor in result.actors:
            key = "harvest.failed" if actor.error else "harvest.actor"
            out.say(key, actor=actor.actor, documents=actor.documents, reason=actor.error)
        if not result.actors:
            out.say("harvest.none")
            out.next("harvest.next_follow")
            return 0
        out.say(
            "harvest.done",
            actors=len(result.actors),
            documents=sum(a.documents for a in result.actors),
            added=sum(a.added for a in result.actors),
            refused=sum(a.refused for a in result.actors),
        )
        failed = [a for a in result.actors if a.error]
        if len(failed) == len(result.actors):
            raise Stop(REMOTE, [out.text("harvest.failed", actor=a.actor, reason=a.error) for a in failed])
        out.next("harvest.next")
    return 0
