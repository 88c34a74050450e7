"""What people type into one field of a form, written as the vocabulary keeps it; what is not understood stays as typed.

French ways are understood: 09/2021, 01/09/2021, 9h30, www.mon-lieu.fr, 123 456 789, a SIRET for the SIREN that it
begins with.
"""

import re

from vocab.forms import Field
from vocab.units import canonical, decimal

_DATE = re.compile(r"(?:(\d{1,2})[/.-])?(?:(\d{1,2})[/.-])?(\d{4})")
_TIME = re.compile(r"(\d{1,2})\s*(?:[h:.]\s*(\d{2})?)?(?:\s*min)?", re.IGNORECASE)
_SPACES = re.compile(r"[\s\u00a0\u202f.]+")
_TIGHT = re.compile(r"\^?(\[[0-9A-Z-]+\](\{\d+\})?|W)+\$?")  # patterns of numbers that people write in groups


def _day(text: str) -> str:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD` of a French date."""
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    first, second, year = found.groups()
    parts = (year, second or first, first if second else None)
    return "-".join(part.zfill(2) for part in parts if part)


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    return f"{int(found[1]):02}:{found[2] or '00'}" if found else text


def _web(text: str) -> str:
    return text if "://" in text or "." not in text else "https://" + text


def _number(text: str) -> str:
    value = decimal(text.replace("\u2212", "-").removesuffix("°"))
    return text if value is None else canonical(value)


_EDITORS = {"day": _day, "time": _time, "web": _web, "number": _number, "whole": _number}


def typed(field: Field, text: str) -> str:
    """The text of one field as it is kept."""
    plain = text.replace("\r\n", "\n").strip() if field.kind in ("long", "texts") else " ".join(text.split())
    if field.kind == "text" and _TIGHT.fullmatch(field.pattern):
        tight = _SPACES.sub("", plain).upper()
        is_siret = field.name.endswith("siren") and len(tight) == 14
        return tight[:9] if is_siret else tight
    editor = _EDITORS.get(field.kind)
    return editor(plain) if editor and plain else plain
