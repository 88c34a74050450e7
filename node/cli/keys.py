"""`keys list`, `check`, `rotate`, `recover`: what signs for this node, new keys, and what to do when some are stolen.

The recovery key is read from a file or typed, never given on the command line, where others could see it.
"""

import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from node import archive, paper, rotation
from node.cli.files import utf8
from node.cli.opening import opened
from node.cli.out import DONE, REFUSED, Out
from node.context import Node
from node.errors import RecoveryRefused
from node.rotation import Renewed
from node.store import own_keys


def show_paper(secret: bytes, out: Out) -> None:
    """The recovery key, this once."""
    show_paper_lines(paper.lines(secret), out)


def show_paper_lines(lines: Iterable[str], out: Out) -> None:
    """The same, already written in lines."""
    out.say("keys.paper")
    out.line("")
    for line in lines:
        out.line("    " + out.strong(line))
    out.line("")
    out.say("keys.paper_why")


def list_keys(args: Namespace, out: Out) -> int:
    """Every key that this node's actors have, or had."""
    with opened(args, out) as node:
        with node.store.read() as connection:
            actors = rotation.living(connection, args.slug)
            rows = [(actor.slug, row) for actor in actors for row in own_keys.history(connection, actor.id)]
        names = ("id", "kind", "created", "expires", "revoked", "public")
        out.data([{"slug": slug} | {name: getattr(row, name) for name in names} for slug, row in rows])
        head = [out.text("keys.head_" + name) for name in ("id", "kind", "created", "state")]
        kinds = {kind: out.text("keys.kind." + kind) for kind in ("rsa", "ed25519", "recovery")}
        out.table(head, [[row.id, kinds[row.kind], row.created[:10], _state(row, out)] for _, row in rows])
        has_paper = any(row.kind == "recovery" for _, row in rows)
        out.next("keys.list_next" if has_paper else "keys.list_next_none")
    return 0


def _state(row: Row[Any], out: Out) -> str:
    ended = "revoked" if row.revoked else "expires" if row.expires else ""
    return out.text("keys.state." + ended, time=getattr(row, ended)[:16]) if ended else out.text("keys.state.current")


def check(args: Namespace, out: Out) -> int:
    """Verify every document that is stored; exit 1 when one that counts does not hold."""
    with opened(args, out) as node:
        found = list(archive.check(node))
        refused = [each for each in found if each.refused is not None]
        counts = {"proved": 0, "flagged": sum(each.flagged for each in found), "refused": len(refused)}
        counts["proved"] = len(found) - counts["flagged"] - counts["refused"]
        names = ("document", "seq", "stands", "key", "reason")
        said = [{name: getattr(each, name) for name in names} for each in refused]
        out.data({"count": len(found), **counts, "documents": said})
        out.say("keys.checked", count=len(found), **counts)
        for each in refused:
            out.say("keys.check_refused", document=each.document, reason=each.reason)
        out.next("keys.check_next")
    return REFUSED if any(each.stands for each in refused) else DONE


def rotate(args: Namespace, out: Out) -> int:
    """New keys; what the old ones signed stays proved."""
    with opened(args, out) as node:
        _say(rotation.rotate(node, args.slug), "keys.rotated", out)
        out.next("keys.rotated_next")
    return 0


def _say(renewed: tuple[Renewed, ...], key: str, out: Out) -> None:
    out.data([{**asdict(each), "pair": [each.pair.rsa, each.pair.ed25519]} for each in renewed])
    for each in renewed:
        out.say(key, slug=each.slug, count=len(each.ended), queued=each.queued)


def recover(args: Namespace, out: Out) -> int:
    """Revoke what may be in other hands, by the key on paper; or have another such key."""
    with opened(args, out) as node:
        since = _since(args.since, node.clock())
        if args.new:
            return _another(node, args, out)
        if not _has_paper(node):
            raise RecoveryRefused("recovery_none")
        renewed = rotation.recover(node, paper.key_of(_typed(args, out)), since, args.slug)
        _say(renewed, "keys.recovered", out)
        out.next("keys.recovered_next")
    return 0


def _another(node: Node, args: Namespace, out: Out) -> int:
    before = paper.key_of(_typed(args, out)) if _has_paper(node) and not args.lost else None
    secret = paper.made()
    actors = rotation.renew_recovery(node, paper.key_of(secret).public_key(), before)
    out.data({"actors": actors, "recovery": " ".join(paper.lines(secret))})
    show_paper(secret, out)
    out.next("keys.paper_next")
    return 0


def _has_paper(node: Node) -> bool:
    with node.store.read() as connection:
        return own_keys.recovery(connection, node.config.node_actor) is not None


def _since(text: str | None, now: datetime) -> datetime | None:
    """A date or a time, of this machine's zone when it names none. Raises `RecoveryRefused`."""
    if text is None:
        return None
    try:
        since = datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise RecoveryRefused("recovery_since", time=text) from None
    if since > now:
        raise RecoveryRefused("recovery_since", time=text)
    return since


def _typed(args: Namespace, out: Out) -> bytes:
    """The recovery key from the file, or from standard input as soon as it is whole. Raises `RecoveryRefused`."""
    if args.file:
        return paper.read(utf8(args.file, out))
    if sys.stdin.isatty():
        print(out.text("keys.type"), file=sys.stderr, flush=True)
    typed = ""
    while not paper.is_whole(typed):
        line = sys.stdin.readline()
        if not line:
            break
        typed += line
    return paper.read(typed)
