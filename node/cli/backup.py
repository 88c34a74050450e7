"""`backup`, `restore` and `upgrade`: a node in one file, a node made again from it, newer tables."""

import os
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from node.cli.opening import opened
from node.cli.out import REFUSED, Out, Stop
from node.ops.backup import restore as made_again


def backup(args: Namespace, out: Out) -> int:
    """Copy the node of DIR, which may be running, then restore the copy beside itself and throw that away."""
    from node.ops.nightly import run

    with opened(args, out) as node:
        found = run(node, Path(args.copy_to))
    if found.error:
        raise Stop(REFUSED, [out.text("backup.failed", detail=found.error)])
    out.data({"file": found.file, "made": found.good, "size": found.size})
    out.say("backup.done", file=found.file, size=f"{found.size / 1e6:.1f}")
    out.say("backup.secret")
    out.next("backup.next", file=found.file)
    return 0


def restore(args: Namespace, out: Out) -> int:
    """Make DIR again from a copy; its views are folded again, and its followers are told nothing twice."""
    from node.deliveries import counts
    from node.project import rebuild

    file = Path(args.copy_from)
    about = made_again(file, args.dir)
    with opened(args, out) as node:
        rebuild(node)
        aside = counts(node)["parked"]
    said = {"url": about.url, "made": about.made, "entries": about.entries, "documents": about.documents}
    out.data(said | {"file": str(file), "dir": str(args.dir), "set_aside": aside})
    out.say("restore.done", dir=args.dir, url=about.url, made=about.made, documents=about.documents)
    out.say("restore.once", url=about.url)
    if aside:
        out.say("restore.aside", count=aside)
    out.say("restore.since")
    out.next("restore.next")
    return 0


def upgrade(args: Namespace, out: Out) -> int:
    """Bring the tables of DIR to those of this version, after a copy; `--dry-run` only says what would be done."""
    from node import config
    from node.context import open_node
    from node.errors import NoNode
    from node.ops.steps import copy_first, waiting
    from node.store.migrate import migrate

    if not (args.dir / config.FILE).exists():
        raise NoNode(args.dir)
    steps = waiting(args.dir)
    said = {"steps": [step.revision for step in steps], "done": not args.dry_run, "backup": ""}
    for step in steps:
        out.say("upgrade.step", revision=step.revision, name=step.name)
    if steps and not args.dry_run:
        settings = config.load(args.dir / config.FILE, os.environ)
        file = copy_first(args.dir, settings, datetime.now(UTC))
        out.say("upgrade.copied", file=file)
        migrate(args.dir)
        open_node(args.dir).close()
        said["backup"] = str(file)
    out.data(said)
    out.say("upgrade.none" if not steps else "upgrade.would" if args.dry_run else "upgrade.done")
    out.next("upgrade.next_do" if steps and args.dry_run else "upgrade.next")
    return 0
