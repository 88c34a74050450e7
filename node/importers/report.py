"""What an import says of each row: taken, the same as before, joined to another row, or refused; and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from node.messages import LANGUAGES, text


class Outcome(Enum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing mended, or the reason of a refusal: a stable code and what its text needs."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        return text(lang, "import.note." + self.code, **self.params)


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row of the file: `row` is its line as a spreadsheet counts it, the head being line 1.

    `document`: the listing that it is; `figures`: how many figures of it were taken.
    """

    row: int
    id: str
    name: str
    outcome: Outcome
    notes: tuple[Note, ...] = ()
    document: str = ""
    figures: int = 0

    def text(self, lang: str) -> str:
        """One readable line."""
        reasons = " ".join(note.text(lang) for note in self.notes)
        key = "import.row." + self.outcome.value
        return text(lang, key, row=self.row, id=self.id, name=self.name, reasons=reasons).rstrip()

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "id": self.id,
            "name": self.name,
            "outcome": self.outcome.value,
            "document": self.document,
            "figures": self.figures,
            "notes": [{"code": note.code, **note.params} for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The whole of one import. `rows` has one result a row of the file, in its order."""

    rows: tuple[RowResult, ...]
    source: tuple[str, ...] = ()
    dry_run: bool = False
    profile: str = ""

    def _count(self, *outcomes: Outcome) -> int:
        return sum(row.outcome in outcomes for row in self.rows)

    @property
    def taken(self) -> int:
        """Rows that made a listing, or a new version of one."""
        return self._count(Outcome.NEW, Outcome.CHANGED)

    @property
    def unchanged(self) -> int:
        return self._count(Outcome.UNCHANGED)

    @property
    def merged(self) -> int:
        """Rows that say more about a place another row lists."""
        return self._count(Outcome.MERGED)

    @property
    def refused(self) -> int:
        return self._count(Outcome.REFUSED)

    @property
    def mended(self) -> int:
        """Rows taken, now or before, of which something was corrected."""
        kept = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
        return sum(bool(row.notes) and row.outcome in kept for row in self.rows)

    def lines(self, lang: str) -> list[str]:
        """The refusals one by one, then what was mended, by kind, then the counts."""
        refused = [row.text(lang) for row in self.rows if row.outcome is Outcome.REFUSED]
        return [*refused, *self._mended_lines(lang), self.summary(lang)]

    def _mended_lines(self, lang: str) -> list[str]:
        kinds: dict[str, int] = {}
        for row in self.rows:
            if row.outcome not in (Outcome.REFUSED, Outcome.MERGED):
                for code in {note.code for note in row.notes}:
                    kinds[code] = kinds.get(code, 0) + 1
        ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        return [text(lang, "import.mended." + code, count=count) for code, count in ordered]

    def summary(self, lang: str) -> str:
        said = text(lang, "import.summary", rows=len(self.rows), **self._counts())
        return f"{said} {text(lang, 'import.figures', figures=self.figures)}" if self.figures else said

    @property
    def figures(self) -> int:
        """Figures taken, of all rows."""
        return sum(row.figures for row in self.rows)

    def _counts(self) -> dict[str, int]:
        return {
            "taken": self.taken,
            "unchanged": self.unchanged,
            "merged": self.merged,
            "mended": self.mended,
            "refused": self.refused,
        }

    def to_json(self) -> dict[str, Any]:
        """The summary, with the rows of which there is something to say."""
        told = [row.to_json() for row in self.rows if row.notes]
        return {**self._heading(), "results": told}

    def whole(self) -> dict[str, Any]:
        """The report file: every row, its notes in words; `format` is raised when a key changes its meaning."""
        rows = [row.to_json() | {"text": {lang: row.text(lang) for lang in LANGUAGES}} for row in self.rows]
        return {"format": 1, "profile": self.profile, **self._heading(), "results": rows}

    def _heading(self) -> dict[str, Any]:
        counts = {"rows": len(self.rows), **self._counts(), "figures": self.figures}
        return {**counts, "dry_run": self.dry_run, "source": list(self.source)}
