"""Which state of the projections a set of Parquet files shows: they are used only while it is the present one."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from node.context import Node
from node.store import layers
from node.store.changes import Changes
from node.store.engine import Store
from node.store.schema import cursor
from vocab.reference import version

FIGURES = "figures"  # the cursor that moves with what totals are made from, and not with the rest of the journal
FORMAT = 3
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Year:
    """The files of one year. `source`: what they are made from, in `node.rollup.sources`; `inexact`: indicators of
    which a figure does not fit the decimals of the files."""

    name: str
    digest: str
    inexact: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`position`: the state that is shown, from `stamp`; `divisions`: what places are divided by; `years`: the files
    of each year."""

    position: str
    divisions: tuple[str, ...] = ()
    years: Mapping[str, Year] = field(default_factory=dict)


def folder(node: Node) -> Path:
    """Where the files are; they can be deleted at any time."""
    return node.dir / "cache" / "rollup"


class _Watch:
    """The state of a node, found again only when one of its two files changed."""

    def __init__(self, node: Node) -> None:
        self._changes = [Changes(path) for path in (node.cache.public.path, node.store.path)]
        self._turn = threading.Lock()
        self._said = ""

    def state(self, node: Node) -> str:
        with self._turn:
            changed = [changes.any() for changes in self._changes]
            if True in changed:
                self._said = ""
            self._said = self._said or _stamp(node)
            return self._said

    def close(self) -> None:
        for changes in self._changes:
            changes.close()


_WATCHES: WeakKeyDictionary[Store, _Watch] = WeakKeyDictionary()


def stamp(node: Node) -> str:
    """The state of what totals are made from: figures, places and relations as folded, layers as loaded."""
    if node.store not in _WATCHES:
        _WATCHES[node.store] = _Watch(node)
        node.closing.append(_WATCHES[node.store].close)
    return _WATCHES[node.store].state(node)


def _stamp(node: Node) -> str:
    with node.cache.public.read() as public:
        said = json.dumps([FORMAT, version(), _figures(public), loaded(node)])
    return hashlib.sha256(said.encode()).hexdigest()


def rules(public: Connection) -> list[Any]:
    """What every answer is read by: this format, the vocabulary, the fold."""
    return [FORMAT, version(), _figures(public)[0]]


def loaded(node: Node) -> list[Any]:
    """The layers that divide places, as they were loaded."""
    with node.store.read() as truth:
        return [(layer.name, layer.digest, layer.loaded) for layer in layers.all_of(truth)]


def _figures(public: Connection) -> list[int]:
    row = public.execute(select(cursor.c.version, cursor.c.seq).where(cursor.c.name == FIGURES)).one_or_none()
    return [row.version, row.seq] if row is not None else [0, 0]


def read(where: Path) -> Manifest | None:
    """The manifest of a folder; None where there is none that can be read."""
    try:
        said = json.loads((where / _MANIFEST).read_text(encoding="utf-8"))
        years = {
            year: Year(each["name"], each["digest"], tuple(each["inexact"]), each["source"])
            for year, each in said["years"].items()
        }
        return Manifest(said["position"], tuple(said["divisions"]), years)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_behind(node: Node) -> bool:
    """Whether the files show another state than the present one."""
    manifest = read(folder(node))
    return manifest is None or manifest.position != stamp(node)


def write(where: Path, manifest: Manifest) -> None:
    """Put a manifest in place of the one before, at once."""
    part = where / (_MANIFEST + ".part")
    part.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    part.replace(where / _MANIFEST)
