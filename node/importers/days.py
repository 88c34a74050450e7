"""Opening hours as one text: `Mo,Tu 09:00-18:00; Sa 10:00-12:00`, days in English or French."""

import re
from collections.abc import Iterable, Mapping

from node.importers.contacts import without_contacts
from node.importers.report import Note
from node.importers.wording import plain
from vocab.check import DAYS
from vocab.model import Hours

_NAMES: Mapping[str, tuple[str, ...]] = {
    "Mo": ("monday", "lundi", "lun", "mon", "mo", "lu"),
    "Tu": ("tuesday", "mardi", "mar", "tue", "tu", "ma"),
    "We": ("wednesday", "mercredi", "mer", "wed", "we", "me"),
    "Th": ("thursday", "jeudi", "jeu", "thu", "th", "je"),
    "Fr": ("friday", "vendredi", "ven", "fri", "fr", "ve"),
    "Sa": ("saturday", "samedi", "sam", "sat", "sa"),
    "Su": ("sunday", "dimanche", "dim", "sun", "su", "di"),
}
_DAY = {name: day for day, names in _NAMES.items() for name in names}
_TIME = r"[0-9]{1,2}[:h][0-9]{0,2}(?::[0-9]{2})?"
_SPAN = re.compile(rf"(?P<days>[^0-9]+?)\s*(?P<opens>{_TIME})\s*[-–—àa]\s*(?P<closes>{_TIME})")


def day(name: str) -> str:
    """The day of a name, or of an address of schema.org that ends with it; empty when it is none."""
    return _DAY.get(plain(name.rpartition("/")[2]), "")


def time(text: str) -> str:
    """`9h`, `9:00` or `09:00:00` as `09:00`; empty when it is none."""
    found = re.fullmatch(r"([0-9]{1,2})[:h]([0-9]{2})?(?::[0-9]{2})?", text.strip().lower())
    if found is None:
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if (hour < 24 and minute < 60) or (hour, minute) == (24, 0) else ""


def _days(text: str) -> tuple[str, ...]:
    """Days one by one, or from one to another (`Mo-Fr`)."""
    found: list[str] = []
    for part in re.split(r"[,/ ]+|\bet\b|\band\b", text.strip(" :")):
        ends = [day(end) for end in re.split(r"[-–]", part)]
        if not part or not all(ends) or len(ends) > 2:
            return ()
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found += DAYS[first : last + 1]
    return tuple(found)


def spans(text: str, notes: list[Note]) -> tuple[Hours, ...]:
    """The hours that can be read; a note for what cannot."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        match = _SPAN.fullmatch(part)
        days = _days(match["days"]) if match else ()
        opens, closes = (time(match[end]) for end in ("opens", "closes")) if match else ("", "")
        if days and opens and closes:
            found.append(Hours(days, opens, closes))
        else:
            notes.append(Note("hours_unreadable", {"value": without_contacts(part)[:60]}))
    return tuple(found[:50])


def written(hours: Iterable[Hours]) -> str:
    """The text that `spans` reads back."""
    return "; ".join(f"{','.join(span.days)} {span.opens}-{span.closes}" for span in hours)
