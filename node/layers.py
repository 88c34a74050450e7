"""Loading a layer of the territory from a table: which communes are in a programme, or the class that each is in.

The table (CSV, XLSX, ODS) has a column of INSEE codes and, for the layer, a column of classes; codes alone, or with
names, are a list of members. Codes of the past become the commune of today. Pure but for `load`, which keeps the layer.
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
# Columns as they are usually headed, without accents, `_` as a space.
_CODES = (
    "code", "insee", "codgeo", "code insee", "insee com", "code commune", "code insee commune", "code commune insee",
    "com", "depcom", "cog", "commune",
)  # fmt: skip
_NAMES = (
    "", "nom", "name", "libelle", "libgeo", "commune", "lib com", "nom commune", "nom com", "libelle commune",
    "dep", "departement", "code departement", "reg", "region",
)  # fmt: skip
_IN = ("1", "true", "vrai", "oui", "yes", "x")
_OUT = ("0", "false", "faux", "non", "no", "")
_MOST_BYTES = 64 << 20
_MOST_CLASSES = 60


class LayerRefused(NodeError):
    """The file is no layer: nothing was written. `code`: layer_ name, codes, column, twice, classes,
    empty, no_row or big."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = "layer_" + code
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that says nothing of a commune of today: its code is unknown, another line gave another class, or it has
    more cells than the head.

    `code`: unknown | two_classes | ragged.
    """

    line: int
    code: str
    written: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read: the layer, the classes by present commune, how many codes of the past (`mended`) and cells
    without a class (`blank`), the problems."""

    layer: Layer
    classes: Mapping[str, str]
    mended: int
    blank: int
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
    """Read the file and keep the layer, in place of the one that had its name.

    Raises `LayerRefused`, `FileRefused`, `OSError`.
    """
    about = path.stat()
    if about.st_size > _MOST_BYTES:
        raise LayerRefused("big", limit=f"{_MOST_BYTES >> 20}")
    made = datetime.fromtimestamp(about.st_mtime, UTC).date().isoformat()
    raw = path.read_bytes()
    loaded = layer_of(raw, Told(told.name, told.column, told.code_column, told.title, told.source or path.name,
                                told.date or made), times.text(node.clock()))  # fmt: skip
    node.store.write(lambda connection: layers.put(connection, loaded.layer, loaded.classes))
    return loaded


def layer_of(raw: bytes, told: Told, now: str) -> Loaded:
    """The layer in these bytes; raises `LayerRefused` and `FileRefused`."""
    if not _NAME.fullmatch(told.name) or told.name in FIXED:
        raise LayerRefused("name", name=told.name, fixed=", ".join(FIXED))
    table = read(raw)
    if not table.rows:
        raise LayerRefused("no_row")
    code = _code_column(table, told.code_column)
    column = _column(table, told, code)
    for name in (code, column):
        if table.columns.count(name) > 1:
            raise LayerRefused("twice", column=name)
    digest = hashlib.sha256(raw).hexdigest()
    found = _classes(Layer(told.name, told.title, told.source, told.date, digest, now), table.rows, code, column)
    if not found.classes:
        raise LayerRefused("empty", column=code)
    if len(found.counts()) > _MOST_CLASSES:
        raise LayerRefused("classes", column=column, count=len(found.counts()), most=_MOST_CLASSES)
    return found


def _code_column(table: Table, asked: str) -> str:
    headed = {territory.fold(name): name for name in reversed(table.columns)}
    usual = next((headed[name] for name in _CODES if name in headed), "")
    found = asked.lower() if asked else usual
    if not found or found not in table.columns:
        raise LayerRefused("codes", columns=", ".join(table.columns)[:300], asked=asked or _CODES[0])
    return found


def _column(table: Table, told: Told, code: str) -> str:
    """The column of the classes: the one asked for, else the one that has the layer's name, else the only other one.

    None in a file of codes alone, or when the column of codes itself is asked for: its communes are all members.
    """
    asked = told.column.lower() or (told.name if told.name in table.columns else "")
    if asked == code:
        return ""
    if asked in table.columns:
        return asked
    others = [name for name in table.columns if name != code and territory.fold(name) not in _NAMES]
    if len(others) > 1 or asked:
        raise LayerRefused("column", column=asked or told.name, columns=", ".join(table.columns)[:300], codes=code)
    return others[0] if others else ""


def _classes(layer: Layer, rows: Iterable[Row], code: str, column: str) -> Loaded:
    """Cells that only say yes or no make members; of any others, an empty one says nothing of its commune.

    What is written of a commune of today counts before what is written of its parts.
    """
    rows = list(rows)
    whole = [row for row in rows if not row.spills]
    written = [(row, row[column].strip() if column else "1", territory.resolve(row[code].upper())) for row in whole]
    is_membership = {value.lower() for _, value, _ in written} <= {*_IN, *_OUT}
    found: dict[str, str] = {}
    problems, mended, blank = [Problem(row.number, "ragged", row[code]) for row in rows if row.spills], 0, 0
    for row, cell, resolved in sorted(written, key=lambda each: each[2].reason != "current"):
        commune = resolved.commune
        if commune is None or resolved.reason == "by-name":
            problems.append(Problem(row.number, "unknown", row[code]))
            continue
        blank += not cell and bool(column)
        value = ("no" if cell.lower() in _OUT else "yes") if is_membership else cell[:60]
        if not value:
            continue
        mended += resolved.reason != "current"
        before = found.get(commune.code, value)
        if before != value and not is_membership:
            problems.append(Problem(row.number, "two_classes", row[code], f"{commune.name}: {before} / {value}"))
            continue
        found[commune.code] = max(before, value)  # a commune of which one part is a member is one
    return Loaded(layer, found, mended, blank, tuple(sorted(problems, key=lambda each: each.line)))
