"""Loading a layer of the territory from a table: which communes are in a programme, or the class that each is in.

The table has a column of INSEE codes and, for the layer, a column of classes; codes alone are a list of members. Codes
of the past become the commune of today. Pure but for `load`, which keeps the layer.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from node.context import Node
from node.errors import NodeError
from node.importers.table import Row, Table, read
from node.store import layers, times
from node.store.layers import Layer
from node.views.areas import FIXED
from vocab import territory

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_CODES = ("code", "insee", "codgeo", "code_insee", "insee_com", "code_commune", "com", "depcom", "cog", "commune")
_IN = ("1", "true", "vrai", "oui", "yes", "x")
_OUT = ("0", "false", "faux", "non", "no", "")
_MOST_BYTES = 64 << 20


class LayerRefused(NodeError):
    """The file is no layer: nothing was written. `code`: layer_ name, codes, column, empty or big."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = "layer_" + code
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that says nothing of a commune of today: its code is unknown, or another line gave another class.

    `code`: unknown | two_classes.
    """

    line: int
    code: str
    written: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read: the layer, the classes by present commune, the codes of the past, the problems."""

    layer: Layer
    classes: Mapping[str, str]
    mended: int
    problems: tuple[Problem, ...]

    def counts(self) -> dict[str, int]:
        """How many communes are in each class, by class."""
        found: dict[str, int] = {}
        for value in self.classes.values():
            found[value] = found.get(value, 0) + 1
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Told:
    """What the operator says of the file; what is empty is found out."""

    name: str
    column: str = ""
    code_column: str = ""
    title: str = ""
    source: str = ""
    date: str = ""


def load(node: Node, path: Path, told: Told) -> Loaded:
    """Read the file and keep the layer, in place of the one that had its name. Raises `LayerRefused`, `OSError`."""
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    raw = path.read_bytes()
    loaded = layer_of(raw, Told(told.name, told.column, told.code_column, told.title, told.source or path.name,
                                told.date or made), times.text(node.clock()))  # fmt: skip
    node.store.write(lambda connection: layers.put(connection, loaded.layer, loaded.classes))
    return loaded


def layer_of(raw: bytes, told: Told, now: str) -> Loaded:
    """The layer in these bytes; raises `LayerRefused`."""
    if not _NAME.fullmatch(told.name) or told.name in FIXED:
        raise LayerRefused("name", name=told.name, fixed=", ".join(FIXED))
    if len(raw) > _MOST_BYTES:
        raise LayerRefused("big", limit=f"{_MOST_BYTES >> 20}")
    table = read(raw)
    code = _code_column(table, told.code_column)
    column = _column(table, told, code)
    classes, mended, problems = _classes(table.rows, code, column)
    if not classes:
        raise LayerRefused("empty", column=code)
    digest = hashlib.sha256(raw).hexdigest()
    layer = Layer(told.name, told.title, told.source, told.date, digest, now)
    return Loaded(layer, classes, mended, tuple(problems))


def _code_column(table: Table, asked: str) -> str:
    names = (asked.lower(),) if asked else _CODES
    found = next((name for name in names if name in table.columns), "")
    if not found:
        raise LayerRefused("codes", columns=", ".join(table.columns)[:300], asked=asked or _CODES[0])
    return found


def _column(table: Table, told: Told, code: str) -> str:
    """The column of the classes: the one asked for, else the one that has the layer's name, else the only other one;
    none in a file of codes alone, whose communes are all members."""
    if told.column or told.name in table.columns:
        column = (told.column or told.name).lower()
        if column in table.columns:
            return column
    others = [name for name in table.columns if name not in ("", code)]
    if not others and not told.column:
        return ""
    if len(others) == 1 and not told.column:
        return others[0]
    raise LayerRefused("column", column=told.column or told.name, columns=", ".join(table.columns)[:300])


def _classes(rows: Iterable[Row], code: str, column: str) -> tuple[dict[str, str], int, list[Problem]]:
    """Cells that only say yes or no make members; of any others, an empty one says nothing of its commune."""
    written = [(row, row[column].strip() if column else "1") for row in rows]
    is_membership = {value.lower() for _, value in written} <= {*_IN, *_OUT}
    found: dict[str, str] = {}
    problems, mended = [], 0
    for row, cell in written:
        resolved = territory.resolve(row[code])
        if resolved.commune is None or resolved.reason == "by-name":
            problems.append(Problem(row.number, "unknown", row[code]))
            continue
        value = ("no" if cell.lower() in _OUT else "yes") if is_membership else cell[:60]
        if not value:
            continue
        mended += resolved.reason != "current"
        before = found.get(resolved.commune.code, value)
        if before != value and not is_membership:
            problems.append(
                Problem(row.number, "two_classes", row[code], f"{resolved.commune.name}: {before} / {value}")
            )
            continue
        found[resolved.commune.code] = max(before, value)  # a commune of which one part is a member is one
    return found, mended, problems
