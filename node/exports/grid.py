"""The entries as one table: a place a row, a column a field, a column a question, period and part. Pure.

Beside a figure, `#status`, `#method` and `#conf` have columns only where one of them says something. Every head is what
the importer `table` calls it.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from node.exports.entries import Entry
from node.exports.fields import about, fields_of
from vocab.model import Observation, breakdown_text

Cell = str | Decimal | None
NUMBERS = ("lat", "lon")
_BESIDE = (("status", "A"), ("method", ""), ("conf", "F"))


def grid(entries: Sequence[Entry]) -> Iterator[list[Cell]]:
    """The head, then one row an entry; texts are as they are, not yet quieted."""
    figures = [{head(figure): figure for figure in entry.figures} for entry in entries]
    asked = sorted({name for some in figures for name in some})
    beside = {name: _beside([some[name] for some in figures if name in some]) for name in asked}
    first = {"id": "", **fields_of(entries[0].place), **about(entries[0])} if entries else {"id": "", "name": ""}
    yield [*first, *(f"{name}{part}" for name in asked for part in ("", *beside[name]))]
    for entry, some in zip(entries, figures, strict=True):
        row: list[Cell] = [entry.id]
        row += [_number(name, text) for name, text in (fields_of(entry.place) | about(entry)).items()]
        for name in asked:
            row += _cells(some.get(name), beside[name])
        yield row


def head(figure: Observation) -> str:
    """`events@2025[eventAccess=public]`."""
    parts = breakdown_text(figure.breakdown)
    return f"{figure.indicator}@{figure.period}" + (f"[{parts}]" if parts else "")


def _beside(figures: Sequence[Observation]) -> list[str]:
    return [f"#{part}" for part, usual in _BESIDE if any(getattr(figure, part) != usual for figure in figures)]


def _cells(figure: Observation | None, beside: Sequence[str]) -> list[Cell]:
    if figure is None:
        return [None] * (1 + len(beside))
    return [figure.value, *(getattr(figure, part.removeprefix("#")) for part in beside)]


def _number(name: str, text: str) -> Cell:
    return Decimal(text) if text and name in NUMBERS else text
