"""The profile `table`: any CSV, XLSX or ODS, read by a mapping of its columns. Pure.

A table whose every column is called as the mapping would call it needs none: that is what an export writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from node.importers.candidate import Said
from node.importers.drawing import Sketch, address_id, drawn, name_id
from node.importers.figures import Cell
from node.importers.file import File, is_yes
from node.importers.mapping import IGNORED, PARTS, Mapping, Target, target
from node.importers.refused import FileRefused
from node.importers.table import Row
from node.importers.table import read as read_table

SOURCE = "table"


def read(file: File) -> Iterator[Said]:
    """The places of a table. Raises `FileRefused`; its code is `mapping_new` where nobody said what columns mean."""
    table = read_table(file.raw, fold=str)
    if not table.rows:
        raise FileRefused("empty")
    mapping = file.mapping or own(table.columns)
    if mapping is None:
        raise FileRefused("mapping_new")
    missing = [head for head, said in mapping.columns.items() if said not in IGNORED and head not in table.columns]
    if missing:
        raise FileRefused("columns", profile=f"{file.profile} {mapping.name}".strip(), columns=", ".join(missing))
    twice = [head for head, said in mapping.columns.items() if said not in IGNORED and table.columns.count(head) > 1]
    if twice:
        raise FileRefused("columns_twice", columns=", ".join(twice))
    reader = Reader(replace(file, mapping=mapping))
    return drawn(reader.sketch(row) for row in table.rows)


def own(heads: Sequence[str]) -> Mapping | None:
    """The mapping of a table whose heads are already what a mapping would say; None for any other."""
    named = [head for head in heads if head]
    if {"id", "name"} <= set(named) and all(target(head) is not None for head in named):
        return Mapping("", {head: head for head in named})
    return None


class Reader:
    """Reads the rows of one table by its mapping."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.published = file.mapping.published if file.mapping else None
        self._mapping = file.mapping or Mapping("", {})
        pairs = ((head, target(said)) for head, said in self._mapping.columns.items() if said not in IGNORED)
        self._targets = [(head, said) for head, said in pairs if said is not None]

    def sketch(self, row: Row) -> Sketch:
        """What a row says, before it is drawn."""
        fields = {said.field: row[head] for head, said in self._targets if not said.is_figure}
        name = fields.get("name", "")
        return Sketch(
            row.number,
            address_id(fields.get("id", "")) or name_id(name, fields.get("postcode", "") or fields.get("locality", "")),
            fields,
            dict(row.cells),
            fields.get("source") or self._file.titled(self._mapping.name or SOURCE),
            tuple(self.cells(row)),
            is_yes(fields.get("published", ""), self._mapping.published),
            also=self._mapping.codes,
            spills=row.spills,
        )

    def cells(self, row: Row) -> Iterable[Cell]:
        """The figures of a row: the parts of each brought together."""
        found: dict[Target, dict[str, str]] = {}
        for head, said in self._targets:
            if said.is_figure:
                found.setdefault(replace(said, part=""), {})[said.part] = row[head]
        for about, parts in found.items():
            text, status, method, conf = (parts.get(part, "") for part in PARTS)
            yield Cell(about.field, about.period or self._file.year(), text, status, method, conf, about.breakdown)
