"""`import`: a directory of unclaimed places becomes signed Listings, or a file fills in one place of this node; with a
report row by row."""

import json
import re
from argparse import Namespace
from pathlib import Path

from node.cli import files
from node.cli.opening import opened
from node.cli.out import REFUSED, Out
from node.context import Node
from node.importers import mappings
from node.importers.intake import Options
from node.importers.intake import import_file as read_in
from node.importers.own_place import import_place
from node.importers.refused import FileRefused
from node.importers.report import ImportReport

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def import_file(args: Namespace, out: Out) -> int:
    """Import a file; the same import twice changes nothing."""
    with opened(args, out, role="site" if args.place else "aggregator") as node:
        try:
            report = _report(node, args, out)
        except FileRefused as refused:
            if refused.code != "import_mapping_new":
                raise
            return _propose(node, args, out)
        if args.report:
            whole = json.dumps(report.whole(), ensure_ascii=False, indent=1)
            Path(args.report).write_text(whole + "\n", encoding="utf-8")
        out.data(report.to_json())
        for line in report.lines(out.lang):
            out.line(line)
        if not all(_YEAR.search(source) for source in report.source):
            out.say("import.undated")
        if args.report:
            out.say("import.wrote_report", path=args.report)
        if args.place and not args.dry_run:
            out.next("import.next_place", slug=args.place)
        else:
            out.next("import.next_dry" if args.dry_run else "import.next")
    return 0


def _report(node: Node, args: Namespace, out: Out) -> ImportReport:
    from node.project import catch_up

    period = files.period(args.period, out) if args.period else ""
    path = Path(args.path)
    mapping = mappings.found(node.dir, args.mapping) if args.mapping else None
    options = Options(args.source, period, args.list_name, mapping)
    if args.place:
        return import_place(node, path, args.profile, args.place, args.dry_run, options)
    report = read_in(node, path, args.profile, args.dry_run, options)
    if not args.dry_run:
        catch_up(node)
    return report


def _propose(node: Node, args: Namespace, out: Out) -> int:
    """Nobody said what the columns mean: a mapping to look at, and what to do with it."""
    made = mappings.propose(node.dir, Path(args.path), out.lang, args.dry_run)
    out.data({"mapping": made.name, "path": None if made.path is None else str(made.path), "text": made.text})
    if made.path is None:
        out.say("import.mapping.dry")
        out.line(made.text)
        out.next("import.next_dry")
    else:
        out.say("import.mapping.proposed", path=made.path)
        out.next("import.mapping.next", file=args.path, name=made.name)
    return REFUSED
