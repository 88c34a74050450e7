"""What is odd in the public figures: for each place and year that a fold touched, found again from what now stands.

So the same figures have the same warnings, in whatever order they came; a restricted figure is never looked at.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from node.store.schema import directory, observations, warnings
from vocab import plausible
from vocab.model import Observation, Place, breakdown_of
from vocab.oddity import Oddity
from vocab.periods import Period

EVERY_YEAR = 0
_REACH = 2  # how many years a figure is compared with
_FIGURE = select(
    observations.c.document,
    observations.c.indicator,
    observations.c.period,
    observations.c.value,
    observations.c.unit,
    observations.c.breakdown,
    observations.c.seq,
).order_by(observations.c.seq, observations.c.id)


def touch(touched: dict[str, set[int]], place: str, period: str = "") -> None:
    """Remember that figures of a place for a period, or what the place says of itself, are not what they were."""
    first = Period.parse(period).year if period else EVERY_YEAR
    touched.setdefault(place, set()).update(range(first, first + _REACH + 1) if period else (EVERY_YEAR,))


def refresh(public: Connection, touched: dict[str, set[int]]) -> None:
    """The warnings of every place and year that was touched, in place of those that were there."""
    for place, years in sorted(touched.items()):
        _refresh(public, place, years)
    touched.clear()


def _refresh(public: Connection, place: str, years: set[int]) -> None:
    here, said = observations.c.place == place, warnings.c.place == place
    if EVERY_YEAR not in years:
        here &= observations.c.period.between(str(min(years) - _REACH - 1), str(max(years) + 1))
        said &= func.substr(warnings.c.period, 1, 4).in_([str(year) for year in years])
    public.execute(delete(warnings).where(said))
    by_year: dict[int, list[Any]] = {}
    for row in public.execute(_FIGURE.where(here)):
        by_year.setdefault(Period.parse(row.period).year, []).append(row)
    wanted = sorted(year for year in by_year if EVERY_YEAR in years or year in years)
    about = _place(public, place) if wanted else None
    found = [each for year in wanted for each in _of_year(place, year, by_year, about)]
    if found:
        public.execute(insert(warnings), found)


def _of_year(
    place: str, year: int, by_year: Mapping[int, Sequence[Row[Any]]], about: Place | None
) -> Iterable[dict[str, Any]]:
    rows = by_year[year]
    earlier = [_figure(row) for before in (year - 2, year - 1) for row in by_year.get(before, ())]
    number: Counter[str] = Counter()
    for odd in plausible.warnings([_figure(row) for row in rows], earlier, about):
        text = odd.to_json()
        row = next((row for row in rows if _is_about(odd, row)), rows[0])
        number[row.document] += 1
        yield {
            "document": row.document,
            "number": number[row.document],
            "place": place,
            "indicator": odd.indicator,
            "period": odd.period,
            "breakdown": text["breakdown"],
            "code": odd.code,
            "params": json.dumps(text["params"], ensure_ascii=False, sort_keys=True),
            "seq": row.seq,
        }


def _is_about(odd: Oddity, row: Row[Any]) -> bool:
    return row.indicator == odd.indicator and breakdown_of(row.breakdown) == odd.breakdown


def _figure(row: Row[Any]) -> Observation:
    value = None if row.value is None else Decimal(row.value)
    return Observation(row.indicator, row.period, value, row.unit, breakdown=breakdown_of(row.breakdown))


def _place(public: Connection, place: str) -> Place | None:
    """What a place says of itself."""
    own = (directory.c.place == place) & (directory.c.kind == "description")
    content = public.execute(select(directory.c.content).where(own)).scalar()
    return None if content is None else Place.from_json(json.loads(content))
