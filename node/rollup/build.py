"""Writes the Parquet files of the years that changed: `python -m node.rollup.build DIR`, in a process that ends.

Files have names of their own and the manifest is replaced last: who reads meanwhile has the state before, whole.
"""

import csv
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from node.context import Node, open_node
from node.rollup import table
from node.rollup.stamp import Manifest, Year, folder, read, stamp, write
from node.store.schema import observations, restricted_observations
from node.views import totals
from node.views.areas import divisions
from node.views.totals import Ground
from vocab.periods import Period
from vocab.reference import indicators

_NULL = "\\N"
_TYPES = {
    "n": "BIGINT",
    "connected": "BOOLEAN",
    "known": "BOOLEAN",
    "partial": "BOOLEAN",
    "seq": "BIGINT",
    "place": "INTEGER",
    "operator": "INTEGER",
}
_TYPES["value"] = f"DECIMAL({table.DIGITS},{table.PLACES_AFTER})"


def build(node: Node) -> Manifest:
    """Bring the files to the present state of the projections; only the years that changed are written."""
    where = folder(node)
    where.mkdir(parents=True, exist_ok=True)
    before, position = read(where), stamp(node)
    if before is not None and before.position == position:
        return before
    had = before.years if before is not None else {}
    years = {year: _year(where, year, _tables(node, year), had.get(year)) for year in _years(node)}
    manifest = Manifest(position, divisions(node).names(), years)
    write(where, manifest)
    _sweep(where, manifest)
    return manifest


Rows = list[Sequence[object]]
Tables = tuple[tuple[Sequence[str], Rows], ...]


def _tables(node: Node, year: str) -> Tables:
    """Places, answers, counts of what is withheld: the head of each and its rows, places and operators numbered."""
    ground = totals.read(node, indicators(), year)
    number = {place: at for at, place in enumerate(sorted(ground.places))}
    said = table.answers(year, (fact for some in ground.figures.values() for fact in some))
    answers: Rows = [[number[row.place], *(getattr(row, name) for name in table.ANSWERS[1:])] for row in said]
    kept = ground.withheld.items()
    withheld: Rows = [*sorted((number[place], name, n) for (place, name), n in kept if place in number)]
    return _place_rows(ground, number), (table.ANSWERS, answers), (table.WITHHELD, withheld)


def _years(node: Node) -> list[str]:
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        periods = set(public.execute(select(observations.c.period).distinct()).scalars())
        periods |= set(restricted.execute(select(restricted_observations.c.period).distinct()).scalars())
    return sorted({str(Period.parse(period).year) for period in periods})


def _place_rows(ground: Ground, number: Mapping[str, int]) -> tuple[Sequence[str], Rows]:
    names, connected = ground.divisions.names(), ground.connected
    operators = {iri: at for at, iri in enumerate(sorted({place.operator for place in ground.places.values()}))}
    rows: Rows = []
    for iri, at in number.items():
        place = ground.places[iri]
        is_connected = place.kind == "description" and place.actor in connected
        areas = [place.areas[name] for name in names]
        rows.append((at, operators[place.operator], is_connected, place.open_at, iri, place.operator, *areas))
    return (*table.PLACES, *(f"by_{name}" for name in names)), rows


def _year(where: Path, year: str, tables: Tables, before: Year | None) -> Year:
    """The files of one year; those that are there already are kept when they would say the same."""
    places, (head, answers), withheld = tables
    at, name = head.index("value"), head.index("indicator")
    inexact = tuple(sorted({str(row[name]) for row in answers if not table.is_exact(row[at])}))
    answers = [row for row in answers if row[name] not in inexact]
    digest = _digest(places[0], places[1], answers, withheld[1], inexact)
    if before is not None and before.digest == digest and all(path.exists() for path in files(where, before)):
        return before
    made = Year(f"{year}-{digest[:16]}", digest, inexact)
    for path, (columns, rows) in zip(files(where, made), (places, (head, answers), withheld), strict=True):
        _parquet(path, columns, rows)
    return made


def files(where: Path, year: Year) -> tuple[Path, ...]:
    """The places, the answers and the withheld counts of a year."""
    return tuple(where / f"{year.name}-{kind}.parquet" for kind in ("places", "answers", "withheld"))


def _digest(*parts: Iterable[object]) -> str:
    said = hashlib.sha256()
    for part in parts:
        for row in part:
            said.update(repr(row).encode())
    return said.hexdigest()


def _parquet(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as Parquet, by way of a CSV file that DuckDB reads with the types told: nothing is guessed."""
    import duckdb

    columns = {name: _TYPES.get(name, "VARCHAR") for name in head}
    with TemporaryDirectory(dir=path.parent) as scratch:
        raw, part = Path(scratch) / "rows.csv", Path(scratch) / "rows.parquet"
        with raw.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[_cell(value) for value in row] for row in rows])
        with duckdb.connect(":memory:") as engine:
            engine.execute("SET threads = 1")
            told = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
            read = f"read_csv('{raw}', header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"'"
            rows = f"SELECT * FROM {read}, nullstr = '{_NULL}', columns = {{{told}}})"  # noqa: S608 - names of ours
            engine.execute(f"COPY ({rows}) TO '{part}' (FORMAT parquet)")
        part.replace(path)


def _cell(value: object) -> object:
    return _NULL if value is None else str(value).lower() if isinstance(value, bool) else value


def _sweep(where: Path, manifest: Manifest) -> None:
    """Remove what no manifest names any more, but for the files of the state before this one."""
    named = {path.name for year in manifest.years.values() for path in files(where, year)}
    for path in sorted(where.glob("*.parquet"), key=lambda path: path.stat().st_mtime)[: -6 * max(len(named), 1)]:
        if path.name not in named:
            path.unlink(missing_ok=True)


def main(directory: str) -> None:
    """Build once."""
    node = open_node(Path(directory))
    try:
        build(node)
    finally:
        node.close()


if __name__ == "__main__":
    main(sys.argv[1])
