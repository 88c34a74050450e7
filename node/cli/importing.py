"""`import`: a directory of unclaimed places becomes signed Listings, with a report row by row."""

from argparse import Namespace
from pathlib import Path

from node.cli.opening import opened
from node.cli.out import Out
from node.importers.intake import import_file as read_in


def import_file(args: Namespace, out: Out) -> int:
    """Import a file; the same import twice changes nothing."""
    from node.project import catch_up

    with opened(args, out, role="aggregator") as node:
        report = read_in(node, Path(args.path), args.profile, dry_run=args.dry_run)
        if not args.dry_run:
            catch_up(node)
        out.data(report.to_json())
        for line in report.lines(out.lang):
            out.line(line)
        out.next("import.next_dry" if args.dry_run else "import.next")
    return 0
