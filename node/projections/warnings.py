"""What is odd in the public figures: for each place and year that a fold touched, found again from what now stands.

So the same figures have the same warnings, in whatever order they came; a restricted figure is never looked at.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from node.store.schema import directory, observations, traces, warnings
from node.store.statement import Statement
from vocab import plausible
from vocab.model import Observation, Place, breakdown_of
from vocab.oddity import Oddity
from vocab.periods import Period

_REACH = 2  # how many years a figure is compared with
_ALL = (0, 9998)

_place: Any = bindparam("place")
_first: Any = bindparam("first")  # years, as text
_last: Any = bindparam("last")
_FIGURES = Statement(
    select(*(observations.c[name] for name in ("document", "indicator", "period", "value", "breakdown", "seq")))
    .where(
        observations.c.place == _place, observations.c.period.between(_first, _last), observations.c.value.is_not(None)
    )
    .order_by(observations.c.seq, observations.c.id)
)
_DROP = Statement(delete(warnings).where(warnings.c.place == _place, warnings.c.period.between(_first, _last)))
_DROP_TRACES = Statement(delete(traces).where(traces.c.place == _place, traces.c.period.between(_first, _last)))
_PUT = Statement(insert(warnings), list(warnings.c.keys()))
_PUT_TRACES = Statement(insert(traces), list(traces.c.keys()))
_DESCRIBED = Statement(
    select(directory.c.content).where(directory.c.place == _place, directory.c.kind == "description")
)


@dataclass(frozen=True, slots=True)
class _Told:
    """One public figure, and where it was said."""

    document: str
    seq: int
    figure: Observation


def touch(touched: dict[str, set[int]], place: str, period: str = "") -> None:
    """Remember that figures of a place for a period, or what the place says of itself, are not what they were."""
    first = Period.parse(period).year if period else 0
    touched.setdefault(place, set()).update((first, first + _REACH) if period else _ALL)


def refresh(public: Connection, touched: dict[str, set[int]]) -> None:
    """The warnings of every place and year that was touched, in place of those that were there."""
    for place, years in sorted(touched.items()):
        _refresh(public, place, min(years), max(years))
    touched.clear()


def _refresh(public: Connection, place: str, first: int, last: int) -> None:
    span = {"place": place, "first": str(first), "last": f"{last}-99"}
    _DROP.run(public, span)
    _DROP_TRACES.run(public, span)
    by_year = _by_year(public, place, first, last)
    wanted = sorted(year for year in by_year if first <= year <= last)
    about = _described(public, place, by_year) if wanted else None
    for year in wanted:
        figures = [told.figure for told in by_year[year]]
        earlier = [told.figure for before in (year - 2, year - 1) for told in by_year.get(before, ())]
        found = plausible.warnings(figures, earlier, about)
        _PUT.run_many(public, list(_rows(place, by_year[year], found)))
        marks = plausible.traces(figures).items()
        _PUT_TRACES.run_many(
            public, [{"place": place, "period": period, "digest": mark} for period, found in marks for mark in found]
        )


def _by_year(public: Connection, place: str, first: int, last: int) -> dict[int, list[_Told]]:
    """The public figures of a place in these years and those they are compared with; an accounting year may be written
    with the year before."""
    span = {"place": place, "first": str(max(first - _REACH - 1, 0)), "last": f"{last}-99"}
    found: dict[int, list[_Told]] = {}
    for row in _FIGURES.all(public, span):
        breakdown = breakdown_of(row.breakdown)
        figure = Observation(row.indicator, row.period, Decimal(row.value), "", breakdown=breakdown)
        found.setdefault(plausible.year_of(row.period), []).append(_Told(row.document, row.seq, figure))
    return found


def _rows(place: str, said: Sequence[_Told], found: Sequence[Oddity]) -> Iterator[dict[str, Any]]:
    number: Counter[str] = Counter()
    for odd in found:
        told = next((told for told in said if _is_about(odd, told.figure)), said[0])
        number[told.document] += 1
        text = odd.to_json()
        params = json.dumps(text.pop("params"), ensure_ascii=False, sort_keys=True)
        about = {"document": told.document, "number": number[told.document], "place": place, "seq": told.seq}
        yield text | about | {"params": params}


def _is_about(odd: Oddity, figure: Observation) -> bool:
    return (figure.indicator, figure.breakdown) == (odd.indicator, odd.breakdown)


def _described(public: Connection, place: str, by_year: dict[int, list[_Told]]) -> Place | None:
    """What a place says of itself, where a figure is compared with it: its hours, or a 0."""
    figures = (told.figure for said in by_year.values() for told in said)
    if not any(figure.indicator == "openingHours" or not figure.value for figure in figures):
        return None
    row = _DESCRIBED.one(public, {"place": place})
    return None if row is None else Place.from_json(json.loads(row.content))
