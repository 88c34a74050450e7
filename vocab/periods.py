"""Periods: a year, a month, a day (a stock's date) or an accounting year.

Written as SDMX time periods: `2025`, `2025-03`, `2025-12-31`, `2024-07-01/P1Y`. A stock of the year 2025 is that
of 31 December 2025. An accounting year of 12 months belongs to the year in which it ends.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from vocab.errors import BadPeriod

_YEAR = re.compile(r"[12][0-9]{3}")
_MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_ACCOUNTING = re.compile(r"([12][0-9]{3}-[0-9]{2}-01)/P1Y")


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both ends included, and how it is written. kind: year | month | date | accounting."""

    text: str
    kind: str
    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Raises `BadPeriod`."""
        try:
            return _parse(text)
        except ValueError as error:
            raise BadPeriod(text) from error

    @property
    def year(self) -> int:
        """The year it belongs to: the one in which it ends."""
        return self.end.year

    @property
    def is_whole_year(self) -> bool:
        """A calendar year, or the 31 December that stands for it: what `date` asks for."""
        return self.kind == "year" or (self.kind == "date" and (self.end.month, self.end.day) == (12, 31))

    def overlaps(self, other: "Period") -> bool:
        """Whether a day is in both."""
        return self.start <= other.end and other.start <= self.end

    def clashes(self, other: "Period") -> bool:
        """Whether the same figure cannot be given for both: two different years that share days. The months of a
        year, and dates, stand beside it."""
        years = ("year", "accounting")
        return self.text != other.text and self.kind in years and other.kind in years and self.overlaps(other)


def _parse(text: str) -> Period:
    if _YEAR.fullmatch(text):
        year = int(text)
        return Period(text, "year", date(year, 1, 1), date(year, 12, 31))
    if month := _MONTH.fullmatch(text):
        start = date(int(month[1]), int(month[2]), 1)
        following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        return Period(text, "month", start, following - timedelta(days=1))
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return Period(text, "date", day, day)
    if accounting := _ACCOUNTING.fullmatch(text):
        start = date.fromisoformat(accounting[1])
        if (start.month, start.day) == (1, 1):
            raise BadPeriod(text)  # a calendar year is written 2025
        return Period(text, "accounting", start, start.replace(year=start.year + 1) - timedelta(days=1))
    raise BadPeriod(text)
