"""`/where`: are supported places where they were meant to be? Shares of places beside shares of the population."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.store.layers import Layer
from node.views.areas import area_name, division_name
from node.views.founding import BOTH, GROUPS, Founding, Row, founding
from node.web import wording
from node.web.plain import render
from node.web.sheet import Asked, Sheet
from vocab.reference import label

COLUMNS = (*Row.__slots__, "source", "date")


def where(node: Node, asked: Asked) -> Sheet:
    """The page and its two files; each row of a file names the source of its layer."""
    found = founding(node)
    rows = [row.to_json() | _source(row.division, found.layers) for row in found.rows]
    layers = [
        {name: getattr(each, name) for name in ("name", "title", "source", "date", "digest")} for each in found.layers
    ]
    data = {"layers": layers, "not_loaded": list(found.missing), "unplaced": dict(found.unplaced), "rows": rows}
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, found))


def _source(division: str, layers: Sequence[Layer]) -> dict[str, str]:
    used = [layer for layer in layers if layer.name in division.split("+")]
    return {"source": " ; ".join(each.source for each in used), "date": " ; ".join(each.date for each in used)}


def _percent(share: str | None, lang: str) -> str:
    return "–" if share is None else wording.number(Decimal(share) * 100, lang, Decimal("0.1"))


def _html(node: Node, asked: Asked, found: Founding) -> str:
    tables = [_table(name, found, asked.lang) for name in dict.fromkeys(row.division for row in found.rows)]
    groups = [(group, _group(group, asked.lang)) for group in GROUPS]
    return render(
        node, "where.html", asked.lang, asked.query, tables=tables, groups=groups, missing=found.missing,
        unplaced=[(name, found.unplaced[group]) for group, name in groups if found.unplaced[group]], files=asked.files,
    )  # fmt: skip


def _group(group: str, lang: str) -> str:
    return text(lang, "where.all") if group == "all" else label("programme", group, lang)


def _table(name: str, found: Founding, lang: str) -> dict[str, Any]:
    """One division: a line an area, the groups in columns, and the population."""
    rows = [row for row in found.rows if row.division == name]
    lines = []
    for area in dict.fromkeys(row.area for row in rows):
        here = [row for row in rows if row.area == area]
        cells = [
            {
                "n": wording.number(Decimal(row.n), lang),
                "percent": _percent(row.share, lang),
                "width": _width(row.share),
            }
            for row in here
        ]
        people = here[0]
        lines.append({
            "area": _area(name, area, lang),
            "cells": cells,
            "people": wording.number(Decimal(people.population), lang),
            "percent": _percent(people.population_share, lang),
            "width": _width(people.population_share),
        })  # fmt: skip
    used = dict.fromkeys((each.source, each.date) for each in found.layers if each.name in name.split("+"))
    of = [wording.number(Decimal(row.of), lang) for row in rows[: len(GROUPS)]]
    return {"id": name, "title": _title(name, found, lang), "lines": lines, "sources": used, "of": of}


def _title(name: str, found: Founding, lang: str) -> str:
    return text(lang, f"where.division.{name}") if name == BOTH else division_name(name, lang, found.layers)


def _area(name: str, area: str, lang: str) -> str:
    return text(lang, f"where.area.{area}") if name == BOTH else area_name(name, area, lang)


def _width(share: str | None) -> str:
    return "0" if share is None else f"{Decimal(share) * 100:.1f}"
