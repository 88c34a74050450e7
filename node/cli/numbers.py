"""`totals` and `query`: what the council and the researcher ask."""

import sys
from argparse import Namespace
from decimal import Decimal

from node.cli.files import period as checked_period
from node.cli.indicator import known
from node.cli.opening import opened
from node.cli.out import REFUSED, Out, Stop


def _shown(value: str, lang: str) -> str:
    """A decimal string as a person reads it in French or English."""
    number = f"{Decimal(value):,f}"
    return number.replace(",", "\u202f").replace(".", ",") if lang == "fr" else number


def totals(args: Namespace, out: Out) -> int:
    """One indicator by area, by its own rule, over public figures."""
    from node.project import catch_up
    from node.views.totals import default_period
    from node.views.totals import totals as view
    from vocab.reference import indicator

    with opened(args, out, role="aggregator") as node:
        known(args.indicator, out)
        catch_up(node)
        period = checked_period(args.period, out) if args.period else default_period(node, args.indicator)
        rows = view(node, args.indicator, args.by, period)
        out.data([row.to_json() for row in rows])
        if not out.as_json:
            label = indicator(args.indicator).label[out.lang]
            out.line(out.strong(out.text("totals.title", label=label, period=period)))
            _table(rows, args.by, out)
        out.next("totals.next", indicator=args.indicator, by=args.by, period=period)
    return 0


def _table(rows: list, by: str, out: Out) -> None:  # type: ignore[type-arg]
    from node.views.totals import area_name

    if not rows:
        out.say("totals.empty")
        return
    head = [out.text("totals.head_" + key) for key in ("area", "value", "unit", "answering", "status")]
    cells = []
    for row in rows:
        value = out.text("totals.none") if row.value is None else _shown(row.value, out.lang)
        answering = f"{row.n_reporting} / {row.n_connected} / {row.n_known}"
        cells.append([area_name(by, row.area, out.lang), value, row.unit, answering, row.obsStatus or ""])
    out.table(head, cells)
    left_out = sum(row.restricted_left_out for row in rows)
    if left_out:
        out.say("totals.restricted", count=left_out)


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
