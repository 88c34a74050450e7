"""`fetch`: what a peer serves at an address, each check with its result and, where it fails, what to do."""

import asyncio
from argparse import Namespace
from typing import Any

from node.cli.opening import opened
from node.cli.out import DONE, REMOTE, Out
from node.examine import Check, Examination
from node.refusals import explained
from vocab.errors import message, visible

_MARKS = {"held": "✓", "failed": "✗", "told": "·"}


def fetch(args: Namespace, out: Out) -> int:
    """Look at a URL or a handle as taking it would, and take nothing."""
    from node.examine import examine

    with opened(args, out) as node:
        found = asyncio.run(examine(node, args.target))
    out.data(_json(found, out))
    for check in found.checks:
        out.line(_line(check, out))
    if found.holds:
        out.say("fetch.holds", kind=out.text("fetch.kind." + (found.kind or "none")))
        out.next("fetch.next_follow" if found.kind == "actor" else "fetch.next", target=found.target)
        return DONE
    failed = sum(check.refused is not None for check in found.checks)
    out.say("fetch.fails", count=failed)
    out.next("fetch.next_failed")
    return REMOTE


def _state(check: Check) -> str:
    return "failed" if check.refused else "told" if check.is_told else "held"


def _why(check: Check, out: Out) -> str:
    return explained(out.lang, check.refused.reason) if check.refused else ""


def _line(check: Check, out: Out) -> str:
    said = out.text("fetch.check." + check.name)
    detail = f" : {visible(check.detail)}" if out.lang == "fr" else f": {visible(check.detail)}"
    line = f"{_MARKS[_state(check)]} {said}{detail if check.detail else ''}"
    more = [_why(check, out)] if check.refused else []
    more += [message(mistake, out.lang) for mistake in check.mistakes]
    return "\n    ".join([out.strong(line) if check.refused else line, *more])


def _json(found: Examination, out: Out) -> dict[str, Any]:
    checks = [
        {
            "name": check.name,
            "result": _state(check),
            "text": out.text("fetch.check." + check.name),
            "detail": check.detail,
            "reason": check.refused.reason if check.refused else "",
            "explained": _why(check, out),
            "errors": [mistake.to_json() for mistake in check.mistakes],
        }
        for check in found.checks
    ]
    return {"target": found.target, "url": found.url, "kind": found.kind, "holds": found.holds, "checks": checks}
