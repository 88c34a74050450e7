"""`doctor`: what is wrong with the node of DIR, and what to do."""

import asyncio
import os
from argparse import Namespace

from node import config
from node.cli.out import DONE, REFUSED, Out
from node.errors import NoNode
from node.ops.finding import Finding, State


def doctor(args: Namespace, out: Out) -> int:
    """One line for each thing that was looked at; exit 1 where there is a problem."""
    from node.ops.doctor import examine

    if not (args.dir / config.FILE).exists():
        raise NoNode(args.dir)
    found = asyncio.run(examine(args.dir, os.environ, out.lang, args.offline))
    out.data([_data(each, out) for each in found])
    width = max(len(out.text(f"doctor.state.{state}")) for state in State)
    for each in found:
        out.line(f"{out.text(f'doctor.state.{each.state}').ljust(width)}  {out.text(each.key, **each.params)}")
    wrong = sum(each.state is State.BAD for each in found)
    out.next("doctor.next_bad" if wrong else "doctor.next", count=wrong)
    return REFUSED if wrong else DONE


def _data(each: Finding, out: Out) -> dict[str, str]:
    said = out.text(each.key, **each.params)
    return {"about": each.about, "state": str(each.state), "code": each.code, "text": said}
