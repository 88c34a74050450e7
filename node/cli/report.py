"""`report add|list|remove`: the figures of a place, one period and one sharing level at a time."""

from argparse import Namespace

from node.cli import doubt, files
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.cli.place import refused
from node.cli.rejection import as_data, rejections, say
from node.context import Node
from node.doubts import of_other_periods, of_report
from node.people import sheet_words
from node.places import show_place
from node.reports import ReportState, add_report, list_all, remove_report
from vocab.errors import Mistake
from vocab.intake.report import report_csv
from vocab.model import Observation


def _known_place(node: Node, slug: str, out: Out) -> None:
    if show_place(node, slug) is None:
        raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=slug)])


def add(args: Namespace, out: Out) -> int:
    """Add the figures of a period, all or nothing; the same key again is a revision."""
    period = files.period(args.period, out)
    with opened(args, out, role="site") as node:
        _known_place(node, args.slug, out)
        raw = sheet_words.as_report(files.raw(args.file, out))
        observations = report_csv(raw, period, of_other_periods(node, args.slug, period))
        mistakes = tuple(o for o in observations if isinstance(o, Mistake))
        if mistakes:
            raise refused(mistakes, out)
        figures = tuple(o for o in observations if isinstance(o, Observation))
        outcome = add_report(node, args.slug, period, figures, args.sharing)
        about = {"slug": args.slug, "period": period, "sharing": args.sharing, "count": len(observations)}
        doubts = of_report(node, args.slug, period, args.sharing)
        out.data(about | {"outcome": outcome, "warnings": doubt.as_data(doubts, out)})
        shown = about | {"sharing": out.text("sharing." + args.sharing)}
        out.say(f"report.{outcome}", **shown)
        doubt.say(doubts, out)
        out.next("report.next_publish", slug=args.slug)
    return 0


def _data(report: ReportState) -> dict[str, object]:
    about = {"slug": report.slug, "period": report.period, "sharing": report.sharing}
    return about | {"count": report.count, "state": report.state}


def list_reports(args: Namespace, out: Out) -> int:
    """Every report entered, and whether it is published as it stands."""
    with opened(args, out, role="site") as node:
        if args.slug:
            _known_place(node, args.slug, out)
        reports = list_all(node, args.slug)
        refusals = rejections(node, [r.slug for r in reports])
        out.data([_data(r) | {"rejections": as_data(refusals, r.document, out.lang)} for r in reports])
        if not reports:
            out.say("report.none")
        else:
            keys = ("place.head_slug", "report.head_period", "report.head_sharing", "report.head_count")
            head = [out.text(key) for key in (*keys, "place.head_state")]
            rows = [
                [r.slug, r.period, out.text("sharing." + r.sharing), str(r.count), out.text("state." + r.state)]
                for r in reports
            ]
            out.table(head, rows)
        for report in reports:
            say(refusals, report.document, f"{report.slug} {report.period}", out)
        out.next("report.next_add")
    return 0


def remove(args: Namespace, out: Out) -> int:
    """Withdraw a report; if it was published, the next publication deletes it everywhere."""
    period = files.period(args.period, out)
    with opened(args, out, role="site") as node:
        _known_place(node, args.slug, out)
        sharing = out.text("sharing." + args.sharing)
        if not remove_report(node, args.slug, period, args.sharing):
            line = out.text("error.report_unknown", period=period, sharing=sharing, slug=args.slug)
            raise Stop(NOT_FOUND, [line])
        out.data({"slug": args.slug, "period": period, "sharing": args.sharing, "removed": True})
        out.say("report.removed", period=period, sharing=sharing, slug=args.slug)
        out.next("report.next_publish", slug=args.slug)
    return 0
