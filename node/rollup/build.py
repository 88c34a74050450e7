"""Writes the Parquet files of the years that changed: `python -m node.rollup.build DIR`, in a process that ends.

Files have names of their own and the manifest is replaced last: who reads meanwhile has the state before, whole.
"""

import csv
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from node.context import Node, open_node
from node.rollup import sources, table
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
    """Bring the files to the present state of the projections; only the years that changed are written, and in these
    only what changed places answer is worked out again."""
    where = folder(node)
    where.mkdir(parents=True, exist_ok=True)
    before, position = read(where), stamp(node)
    if before is not None and before.position == position:
        return before
    had = before.years if before is not None else {}
    told = sources.of_years(node, _years(node))
    years = {year: _year(node, where, (year, source), had.get(year)) for year, source in told.items()}
    manifest = Manifest(position, divisions(node).names(), years)
    write(where, manifest)
    _sweep(where, manifest)
    return manifest


Rows = list[tuple[Any, ...]]
Tables = tuple[tuple[Sequence[str], Rows], ...]


def _years(node: Node) -> list[str]:
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        periods = set(public.execute(select(observations.c.period).distinct()).scalars())
        periods |= set(restricted.execute(select(restricted_observations.c.period).distinct()).scalars())
    return sorted({str(Period.parse(period).year) for period in periods})


def _year(node: Node, where: Path, asked: tuple[str, str], before: Year | None) -> Year:
    """The files of one year; those that are there already are kept when they would say the same."""
    there = before is not None and all(path.exists() for path in files(where, before))
    if before is not None and there and before.source == asked[1]:
        return before
    tables, inexact = _tables(node, asked[0], _held(where, before) if before is not None and there else {})
    digest = _digest(*(rows for _, rows in tables), tables[0][0], inexact)
    made = Year(f"{asked[0]}-{digest[:16]}", digest, inexact, asked[1])
    if before is None or not there or before.digest != digest:
        for path, (columns, rows) in zip(files(where, made), tables, strict=True):
            _parquet(path, columns, rows)
    return made


def _tables(node: Node, year: str, held: "Held") -> tuple[Tables, tuple[str, ...]]:
    """Places, answers, counts of what is withheld: the head of each and its rows, places and operators numbered; and
    the indicators that are left out, since the files cannot hold what a place says of them."""
    ground = totals.read(node, indicators(), year, ())
    made_from = sources.of_places(node, ground)
    same = {place for place, source in made_from.items() if place in held and held[place][0] == source}
    given = totals.read(node, indicators(), year, made_from.keys() - same if same else None).figures
    answers: dict[str, Rows] = {place: held[place][1] for place in same}
    for row in table.answers(year, (fact for some in given.values() for fact in some)):
        answers.setdefault(row.place, []).append(tuple(getattr(row, name) for name in table.ANSWERS[1:]))
    inexact = {row[0] for rows in answers.values() for row in rows if not table.is_exact(row[1])}
    number = {place: at for at, place in enumerate(sorted(ground.places))}
    said: Rows = [
        (number[place], row[0], table.written(row[1]), *row[2:])
        for place, rows in sorted(answers.items())
        for row in rows
        if row[0] not in inexact
    ]
    kept = ground.withheld.items()
    withheld: Rows = sorted((number[place], name, n) for (place, name), n in kept if place in number)
    places = _place_rows(ground, number, made_from)
    return (places, (table.ANSWERS, said), (table.WITHHELD, withheld)), tuple(sorted(inexact))


def _place_rows(ground: Ground, number: Mapping[str, int], made_from: Mapping[str, str]) -> tuple[Sequence[str], Rows]:
    names, connected = ground.divisions.names(), ground.connected
    operators = {iri: at for at, iri in enumerate(sorted({place.operator for place in ground.places.values()}))}
    rows: Rows = []
    for iri, at in number.items():
        place = ground.places[iri]
        is_connected = place.kind == "description" and place.actor in connected
        areas = [place.areas[name] for name in names]
        source = made_from.get(iri, "")
        rows.append((at, operators[place.operator], is_connected, place.open_at, iri, place.operator, source, *areas))
    return (*table.PLACES, *(f"by_{name}" for name in names)), rows


Held = Mapping[str, tuple[str, Rows]]  # place → what its answers were made from, and they


def _held(where: Path, before: Year) -> Held:
    """What the files of a state before say of each place; nothing where they leave an indicator out."""
    import duckdb

    if before.inexact:
        return {}
    paths = dict(zip(("places", "answers"), files(where, before), strict=False))
    with duckdb.connect(":memory:") as engine:
        engine.execute("SET threads = 1")
        places = engine.execute(f"SELECT place, place_iri, sources FROM '{paths['places']}'").fetchall()  # noqa: S608
        columns = ", ".join(table.ANSWERS)
        answers = engine.execute(f"SELECT {columns} FROM '{paths['answers']}'").fetchall()  # noqa: S608 - names of ours
    rows: dict[int, Rows] = {}
    for number, *row in answers:
        rows.setdefault(number, []).append(tuple(row))
    return {iri: (source, rows.get(number, [])) for number, iri, source in places if source}


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
