"""`totals` and `query`: what the council and the researcher ask."""

import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from node.cli.files import period as checked_period
from node.cli.indicator import known
from node.cli.opening import opened
from node.cli.out import REFUSED, USAGE, Out, Stop
from node.messages import text
from vocab.reference import indicator

if TYPE_CHECKING:
    from node.context import Node
    from node.views.panel import Row as PanelRow
    from node.views.totals import Row

_PANEL = re.compile(r"([12][0-9]{3})\s*[-–:]\s*([12][0-9]{3})")


def totals(args: Namespace, out: Out) -> int:
    """One indicator by area, or the headline figures of the country, by their own rules, over public figures."""
    from node.project import catch_up
    from node.views.network import HEADLINES

    if args.indicator is None and args.by != "country":
        raise Stop(USAGE, [out.text("totals.by_needs_indicator")])
    if args.panel and args.period:
        raise Stop(USAGE, [out.text("panel.period")])
    panel = _years(args.panel, out) if args.panel else None
    with opened(args, out, role="aggregator") as node:
        if args.indicator is not None:
            known(args.indicator, out)
        _known_division(node, args.by, out)
        catch_up(node)
        names = HEADLINES if args.indicator is None else (args.indicator,)
        if panel:
            _panel(node, names, args.by, panel, out)
        else:
            _totals(node, names, args, out)
    return 0


def _totals(node: "Node", names: Sequence[str], args: Namespace, out: Out) -> None:
    from node.views.totals import default_period, is_asked_at, read, rows

    period = checked_period(args.period, out) if args.period else default_period(node, *names)
    for name in names:
        if not is_asked_at(name, period):
            raise Stop(USAGE, [out.text("web.indicator.no_day", name=indicator(name).label[out.lang])])
    ground = read(node, names, period)
    found = [row for name in names for row in rows(ground, name, args.by)]
    out.data([row.to_json() for row in found])
    if not out.as_json:
        out.line(out.strong(out.text("totals.title", label=_subject(names, out), period=period)))
        _table(found, len(names) > 1, args.by, out)
    asked = "" if args.indicator is None else f"--indicator {args.indicator} --by {args.by} "
    out.next("totals.next", asked=asked, period=period)


def _known_division(node: "Node", by: str, out: Out) -> None:
    from node.views.areas import divisions

    known = divisions(node).names()
    if by not in known:
        raise Stop(USAGE, [out.text("totals.by_unknown", by=by, known=", ".join(known))])


def _subject(names: Sequence[str], out: Out) -> str:
    return indicator(names[0]).label[out.lang] if len(names) == 1 else out.text("totals.headlines")


def _line(row: "Row | PanelRow", is_many: bool, by: str, lang: str) -> str:
    """What a line of a table is about: an area of one indicator, or an indicator among several."""
    from node.views.areas import area_name

    return indicator(row.indicator).label[lang] if is_many else area_name(by, row.area, lang)


def _years(text: str, out: Out) -> tuple[str, str]:
    """The two years of `2023-2025`."""
    found = _PANEL.fullmatch(text.strip())
    if found is None or found[1] >= found[2]:
        raise Stop(USAGE, [out.text("panel.form", panel=text)])
    return found[1], found[2]


def _panel(node: "Node", names: Sequence[str], by: str, years: tuple[str, str], out: Out) -> None:
    from node.views.panel import changes

    found = changes(node, names, by, *years)
    out.data([row.to_json() for row in found])
    earlier, later = years
    out.line(out.strong(out.text("panel.title", label=_subject(names, out), earlier=earlier, later=later)))
    head = (
        "totals.head_area",
        "panel.before",
        "panel.after",
        "panel.change",
        "totals.head_unit",
        "panel.n",
        "panel.open",
    )
    cells = [_panel_cells(row, len(names) > 1, by, out) for row in found]
    if found:
        out.table([out.text(key, earlier=earlier, later=later) for key in head], cells)
    else:
        out.say("totals.empty")
    if any(row.n and not row.comparable for row in found):
        out.say("panel.methods")
    _say_left_out(found, out)
    out.next("panel.next", earlier=earlier, later=later)


def _panel_cells(row: "PanelRow", is_many: bool, by: str, out: Out) -> list[str]:
    from node.web import wording

    rule = indicator(row.indicator)
    said = [
        "–" if value is None else wording.figure(rule, Decimal(value), out.lang, total=True)
        for value in (row.before, row.after, row.open_before, row.open_after)
    ]
    before, after, opened, reopened = (each if each == "–" else each[0] for each in said)
    unit = next((each[1] for each in said if each != "–"), wording.unit(rule.unit, out.lang))
    change = "–" if row.difference is None else _change(row, Decimal(row.difference), out.lang)
    open_totals = f"{opened} ({row.n_reporting_before}) → {reopened} ({row.n_reporting_after})"
    return [_line(row, is_many, by, out.lang), before, after, change, unit, str(row.n), open_totals]


def _change(row: "PanelRow", difference: Decimal, lang: str) -> str:
    """`+2,400 (+17.5%)`, or in points, or of a score as it is."""
    from node.web.shown import amount, signed

    told, plain = amount(row, lang), signed(difference, lang)
    is_share = indicator(row.indicator).across_sites == "share" or row.unit == "%"
    return told if is_share or told == plain else f"{plain} ({told})"


def _say_left_out(rows: Sequence["Row | PanelRow"], out: Out) -> None:
    from node.web.wording import counted

    left_out = sum(row.restricted_left_out for row in rows)
    if left_out:
        out.line(counted("web.withheld", left_out, out.lang).capitalize() + ".")


def _table(rows: Sequence["Row"], is_many: bool, by: str, out: Out) -> None:
    if not rows:
        out.say("totals.empty")
        return
    head = [out.text("totals.head_" + key) for key in ("area", "value", "unit", "answering", "status", "method")]
    out.table(head, [[_line(row, is_many, by, out.lang), *_cells(row, out.lang)] for row in rows])
    _say_left_out(rows, out)


def _cells(row: "Row", lang: str) -> list[str]:
    """Value, unit, who answered, status, methods: in words, as on the pages."""
    from node.web import shown

    about = shown.total(row, lang)
    answering = " / ".join(about["counts"].values())
    methods = about["methods"] or (text(lang, "quality.no_method") if about["no_method"] else "")
    return [about["value"], about["unit"], answering, about["status"], methods]


def query(args: Namespace, out: Out) -> int:
    """A SPARQL 1.1 query over the local graph, bounded in time, memory and rows."""
    from node.project import catch_up
    from node.sparql.pool import QueryRefused
    from node.sparql.pool import query as ask

    wanted = "json" if out.as_json else args.format
    with opened(args, out, role="aggregator") as node:
        catch_up(node)
        answer = ask(node, args.sparql, wanted)
        if isinstance(answer, QueryRefused):
            raise Stop(REFUSED, [out.text("query.refused", reason=answer.text(out.lang))])
        sys.stdout.write(answer.body if answer.body.endswith("\n") else answer.body + "\n")
        if answer.truncated:
            print(out.text("query.truncated", count=answer.rows), file=sys.stderr)
        if wanted == "table":
            out.say("query.rows", count=answer.rows)
            out.next("query.next")
        else:
            print("→ " + out.text("query.next"), file=sys.stderr)
    return 0
