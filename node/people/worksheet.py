"""The yearly questions as a spreadsheet to fill in, and what came back against what is entered. Pure.

The columns are those of `report.csv`, with two beside for the reader: the question in words, and last year's figure.
Rows without figure and without status are questions that nobody answered: they change nothing.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from node.exports.grid import Cell
from node.importers import table
from node.importers.refused import FileRefused
from vocab import questionnaire
from vocab.errors import Mistake
from vocab.intake.report import report_csv
from vocab.model import Observation, breakdown_text
from vocab.reference import dimensions, indicators

HEAD = ("indicator", "question", "last", "value", "unit", "status", "method", "breakdown")
_SHOWN = ("core", "standard")


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose answer is another."""

    label: str
    before: Observation | None
    after: Observation | None


def rows(known: Sequence[Observation], last: Sequence[Observation], lang: str) -> Iterator[list[Cell]]:
    """The head, then a row a question, and a row a part that is known now or was last year."""
    now = {(each.indicator, tuple(sorted(each.breakdown))): each for each in known}
    before = {(each.indicator, tuple(sorted(each.breakdown))): each for each in last}
    yield list(HEAD)
    asked = [q for section in questionnaire.sections() for q in section.questions()]
    for question in asked:
        keys = [key for key in dict.fromkeys([*now, *before]) if key[0] == question.field and key[1]]
        if question.rule.tier in _SHOWN or keys or (question.field, ()) in now:
            for key in ((question.field, ()), *sorted(keys)):
                yield _row(key, now.get(key), before.get(key), lang)


def _row(
    key: tuple[str, tuple[tuple[str, str], ...]], figure: Observation | None, last: Observation | None, lang: str
) -> list[Cell]:
    rule = indicators()[key[0]]
    return [
        key[0],
        label(*key, lang),
        last.value if last is not None else None,
        figure.value if figure is not None else None,
        rule.unit,
        figure.status if figure is not None else "",
        figure.method if figure is not None else "",
        breakdown_text(key[1]),
    ]


def label(name: str, breakdown: tuple[tuple[str, str], ...], lang: str) -> str:
    """The question in words, with its part."""
    words = indicators()[name].label[lang]
    for dimension, code in breakdown:
        found = dimensions().get(dimension)
        concept = found.codes.get(code) if found else None
        words += f" – {concept.label[lang] if concept else code}"
    return words


def read(raw: bytes, period: str, others: Iterable[Observation]) -> tuple[Observation, ...] | tuple[Mistake, ...]:
    """The figures of a sheet that came back, or everything to mend. Raises `FileRefused` for what is no sheet."""
    return report_csv(answered(table.as_csv(raw)), period, others)


def answered(raw: bytes) -> bytes:
    """The same lines, those without figure and status left empty: an unanswered question is no mistake."""
    try:
        lines, mark = list(table.lines_of(raw)), table.separator(raw)
    except (FileRefused, csv.Error):
        return raw  # the reader of figures says why
    names = [cell.strip().lower() for cell in lines[0]] if lines else []
    if not {"value", "status"} <= set(names):
        return raw
    value, status = names.index("value"), names.index("status")
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, delimiter=mark, lineterminator="\n")
    for number, line in enumerate(lines):
        cells = [*line, *[""] * (len(names) - len(line))]
        empty = number > 0 and not cells[value].strip() and not cells[status].strip()
        writer.writerow([] if empty else [_unquoted(cell) for cell in line])
    return kept.getvalue().encode()


def _unquoted(cell: str) -> str:
    """A text that was quieted for spreadsheets, as it was."""
    return cell.removeprefix("'")


def changes(before: Iterable[Observation], after: Iterable[Observation], lang: str) -> tuple[Change, ...]:
    """What taking the sheet would change, in the order of the questions."""
    old = {(each.indicator, tuple(sorted(each.breakdown))): each for each in before}
    new = {(each.indicator, tuple(sorted(each.breakdown))): each for each in after}
    order = list(indicators())
    keys = sorted({*old, *new}, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(
        Change(label(*key, lang), old.get(key), new.get(key))
        for key in keys
        if _said(old.get(key)) != _said(new.get(key))
    )


def _said(figure: Observation | None) -> tuple[object, ...] | None:
    return None if figure is None else (figure.value, figure.status, figure.method)


def taken(before: Iterable[Observation], after: Iterable[Observation]) -> tuple[Observation, ...]:
    """The figures of a period once the sheet is taken: a question that the sheet does not answer stays as it was."""
    answered = {each.indicator for each in after}
    return (*after, *(each for each in before if each.indicator not in answered))
