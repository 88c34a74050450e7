"""A day, with an hour or not, as people write it: `2026-05-12 18:30`, `12/05/2026 à 18h30`, or a date of TOML."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

_DAY: Final = re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})(?P<rest>.*)")
_JOUR: Final = re.compile(r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})(?P<rest>.*)")
_HOUR: Final = re.compile(
    r"(?:[ T,]|à|at)*(?P<h>[0-9]{1,2}) ?(?:h|:(?=[0-9])) ?(?P<min>[0-9]{2})?(?::(?P<s>[0-9]{2})(?:\.[0-9]+)?)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day; `hour` is None for the whole of it; `offset` is None on the clock of the place."""

    day: date
    hour: time | None = None
    offset: tzinfo | None = None

    def at(self, zone: tzinfo, whole: time = time()) -> datetime:
        """The instant, aware of its offset; `whole`: the hour that stands for a whole day."""
        hour = self.hour if self.hour is not None else whole
        return datetime.combine(self.day, hour, self.offset or zone)


def read(value: object) -> Moment | None:
    """What a person or TOML wrote; None when it is no moment from year 1900 to 2200."""
    found = _text(value) if isinstance(value, str) else _typed(value)
    return found if found is not None and 1900 <= found.day.year <= 2200 else None


def _typed(value: object) -> Moment | None:
    if isinstance(value, datetime):
        return Moment(value.date(), value.time().replace(microsecond=0), value.tzinfo)
    return Moment(value) if isinstance(value, date) else None


def _text(text: str) -> Moment | None:
    text = text.strip()
    found = _DAY.fullmatch(text) or _JOUR.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found["y"]), int(found["m"]), int(found["d"]))
        return _with_hour(day, found["rest"].strip())
    except ValueError:
        return None


def _with_hour(day: date, text: str) -> Moment | None:
    if not text:
        return Moment(day)
    found = _HOUR.fullmatch(text)
    if found is None:
        return None
    hour = time(int(found["h"]), int(found["min"] or 0), int(found["s"] or 0))
    return Moment(day, hour, _offset(found["zone"]))


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
