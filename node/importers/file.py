"""One file to import: its bytes, and what its reader was told of it. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from node.importers.mapping import Mapping
from node.importers.refused import FileRefused
from node.importers.table import Row, Table, read
from node.importers.wording import plain

MAX_BYTES = 50_000_000
_YES, _NO = ("1", "true", "oui", "yes", "vrai"), ("0", "false", "non", "no", "faux")


@dataclass(frozen=True, slots=True)
class File:
    """`source` and its date as they will be published; `period`: that of figures which name none."""

    raw: bytes
    profile: str
    source: str = ""
    period: str = ""
    mapping: Mapping | None = None

    def titled(self, usual: str) -> str:
        """The source as it is published."""
        return self.source or (self.mapping.source if self.mapping else "") or usual

    def year(self) -> str:
        """The period of figures that name none; empty where nobody said."""
        return self.period or (self.mapping.period if self.mapping else "")


def table_of(file: File, columns: Iterable[str]) -> Table:
    """The table in a file, which has at least these columns (in lower case) and a row. Raises `FileRefused`."""
    found = read(file.raw)
    missing = sorted(set(columns) - set(found.columns))
    if missing:
        raise FileRefused("columns", profile=file.profile, columns=", ".join(missing))
    if not found.rows:
        raise FileRefused("empty")
    return found


def rows_of(file: File, columns: Iterable[str]) -> tuple[Row, ...]:
    return table_of(file, columns).rows


def json_of(file: File) -> Any:
    """What a JSON file says, its numbers exact. Raises `FileRefused`."""

    def refused(text: str) -> Any:
        raise ValueError(text)

    try:
        said = json.loads(file.raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=refused)
        json.dumps(said, ensure_ascii=False, default=str).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise FileRefused("json") from error
    return said


def member(node: object, *path: str) -> Any:
    """What stands at the end of a path through objects; None where it breaks off."""
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def words(value: object) -> str:
    """A text or a number as text; the first of a list; empty for anything else."""
    if isinstance(value, list):
        return words(value[0]) if value else ""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def all_words(value: object) -> list[str]:
    """Every text of a list, or the one that stands alone."""
    return [text for each in (value if isinstance(value, list) else [value]) if (text := words(each))]


def is_yes(text: str, usual: bool | None = None) -> bool | None:
    """A yes or a no as people and machines write them; `usual` for anything else."""
    word = plain(text)
    return True if word in _YES else False if word in _NO else usual
