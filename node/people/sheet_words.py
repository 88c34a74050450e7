"""The sheet of the yearly questions in the words of whoever fills it in, and back to the codes of `report.csv`. Pure.

What comes back may be in either language, in codes, or in both: a word that is none of ours stays as it was written,
and whoever reads the figures says what is wrong with it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import cache
from unicodedata import normalize

from node.exports.grid import Cell
from node.exports.tables import Look
from node.importers import table
from node.importers.refused import FileRefused
from node.messages import LANGUAGES, catalogue, text
from node.people import worksheet
from node.web import wording
from vocab.errors import Mistake, beside, message
from vocab.reference import Indicator, dimensions, indicators

_HEAD = "figures.sheet.head."
_STATUS = "figures.status."
_WIDTHS = {
    "question": 46, "last": 18, "value": 14, "unit": 22, "status": 16, "method": 24, "breakdown": 28, "indicator": 24
}  # fmt: skip
FROZEN = "B2"


def dressed(rows: Iterable[Sequence[Cell]], last: str, lang: str) -> list[list[Cell]]:
    """The rows of a worksheet, head included, in words; `last`: the period of the figures beside, empty for none."""
    names, *answers = rows
    order = [names.index(name) for name in _WIDTHS]
    heads: list[Cell] = [text(lang, _HEAD + name) for name in _WIDTHS]
    if last:
        heads[1] = f"{heads[1]} ({wording.period(last, lang)})"
    return [heads, *([_worded(dict(zip(names, row, strict=True)), lang)[at] for at in order] for row in answers)]


def _worded(row: Mapping[Cell, Cell], lang: str) -> list[Cell]:
    rule = indicators()[str(row["indicator"])]
    status, method = str(row["status"]), str(row["method"])
    said = dict(row) | {
        "last": _answer(rule, row["last"], lang),
        "value": _answer(rule, row["value"], lang),
        "unit": _unit(rule, lang),
        "status": text(lang, _STATUS + status) if status else "",
        "method": wording.method(method, lang),
    }
    return [said[name] for name in worksheet.HEAD]


def _answer(rule: Indicator, value: Cell, lang: str) -> Cell:
    if rule.kind != "flag" or not isinstance(value, Decimal):
        return value
    return text(lang, "web.yes" if value else "web.no")


def _unit(rule: Indicator, lang: str) -> str:
    if rule.kind == "flag":
        return "/".join(_yes_or_no(lang))
    return wording.figure(rule, Decimal(1000), lang)[1]


def _yes_or_no(lang: str) -> tuple[str, str]:
    return text(lang, "web.yes"), text(lang, "web.no")


def look(rows: Sequence[Sequence[Cell]], lang: str) -> Look:
    """How wide the columns of a dressed sheet are, and what is proposed in its cells."""
    column = {name: at for at, name in enumerate(_WIDTHS)}
    texts = catalogue().texts(lang)
    statuses = tuple(words for key, words in texts.items() if key.startswith(_STATUS))
    methods = tuple(words for key, words in texts.items() if key.startswith(wording.METHOD))
    lists = {}
    for at, row in enumerate(rows[1:], start=1):
        lists[at, column["status"]] = statuses
        lists[at, column["method"]] = methods
        if indicators()[str(row[column["indicator"]])].kind == "flag":
            lists[at, column["value"]] = _yes_or_no(lang)
    return Look(tuple(_WIDTHS.values()), lists)


def undressed(raw: bytes) -> bytes:
    """A sheet that came back, as CSV in codes, line for line; the same bytes where no column has a head of ours.

    Raises `FileRefused` for what is no sheet.
    """
    raw = table.as_csv(raw)
    lines = _lines(raw)
    heads = [_folded(cell.partition("(")[0]) for cell in lines[0]] if lines else []
    names = [_heads().get(head, cell) for head, cell in zip(heads, lines[0], strict=True)] if lines else []
    if "value" not in names or ("question" not in names and set(worksheet.HEAD).issuperset(heads)):
        return raw
    if "indicator" not in names:
        names.append("indicator")
    out = io.StringIO(newline="")
    # with the separator of the file: a comma among its digits is read the same way
    writer = csv.writer(out, delimiter=table.separator(raw), lineterminator="\n")
    writer.writerow(names)
    writer.writerows(_coded(names, line) if any(map(str.strip, line)) else [] for line in lines[1:])
    return out.getvalue().encode()


def as_report(raw: bytes) -> bytes:
    """A sheet that came back as `report.csv`, its unanswered questions left out; any other file as it is.

    Raises `FileRefused`.
    """
    coded = undressed(raw)
    head = next(iter(_lines(coded)), [])
    return worksheet.answered(coded) if "question" in map(_folded, head) else coded


def _lines(raw: bytes) -> list[list[str]]:
    """Every line; none of a file that whoever reads it for its figures will refuse."""
    try:
        return [list(line) for line in table.lines_of(raw)]
    except (FileRefused, csv.Error):
        return []


def lines(raw: bytes) -> dict[str, str]:
    """What each line of a sheet in codes is about, by its number: the reference of its question, or else its words."""
    text = raw.decode("utf-8-sig", errors="replace")
    found: dict[str, str] = {}
    with suppress(csv.Error):
        read = csv.reader(io.StringIO(text, newline=""), delimiter=table.separator(raw))
        names = next(read, [])
        for line in read:
            row = dict(zip(names, line, strict=False))
            found[str(read.line_num)] = row.get("indicator") or row.get("question", "")
    return found


def plainly(mistake: Mistake, about: str, lang: str) -> str:
    """What is to mend on a line, without a code; `about`: the reference of its question, or its words."""
    if not mistake.field.isdecimal():
        return message(mistake, lang)
    rule, line = indicators().get(about), mistake.field
    if rule is None and mistake.code.startswith("indicator.unknown"):
        return text(lang, "figures.sheet.unknown", line=line, question=about[:120])
    if rule is not None and rule.kind == "flag" and mistake.code == "number.bad":
        said = text(lang, "figures.sheet.yes_or_no", value=mistake.params["value"])
    else:
        params = {key: _said(key, value, lang) for key, value in mistake.params.items()}
        if mistake.code == "column.missing":
            params = {"value": text(lang, _HEAD + params["value"])}
        said = beside(replace(mistake, params=params), lang)
    if rule is None:
        return text(lang, "figures.sheet.line", line=line, said=said)
    return text(lang, "figures.sheet.line_of", line=line, question=rule.label[lang], said=said)


def _said(key: str, value: str, lang: str) -> str:
    texts = catalogue().texts(lang)
    if key == "statuses":
        return ", ".join(texts[_STATUS + each].lower() for each in value.split(", "))
    if key == "status":
        return texts.get(_STATUS + value, value).lower()
    if key == "expected":
        return wording.unit(value, lang, Decimal(1000)) or value
    if key == "allowed":
        each = (dimensions()[name].label[lang].lower() for name in value.split(", ") if name in dimensions())
        return ", ".join(each) or value
    return value


def _coded(names: Sequence[str], line: Sequence[str]) -> list[str]:
    """One line in codes; as many cells as it had, so that one too many is still seen."""
    padded = [*line, *[""] * (len(names) - len(line))]
    row = dict(zip(names, map(str.strip, padded), strict=False))
    name = row["indicator"] or _labels().get(_folded(row.get("question", "")), "")
    rule = indicators().get(name)
    said = {"indicator": name}
    if "status" in row:
        said["status"] = _words(_STATUS).get(_folded(row["status"]), row["status"])
    if "method" in row:
        said["method"] = _words(wording.METHOD).get(_folded(row["method"]), row["method"])
    if rule is not None and _folded(row.get("unit", "")) in {_folded(_unit(rule, lang)) for lang in LANGUAGES}:
        said["unit"] = rule.unit
    if rule is not None and rule.kind == "flag" and "value" in row:
        said["value"] = _flags().get(_folded(row["value"]), row["value"])
    return [*(said.get(head, cell) for head, cell in zip(names, padded, strict=False)), *padded[len(names) :]]


def _folded(words: str) -> str:
    return " ".join(normalize("NFC", words).replace("’", "'").casefold().split())


@cache
def _words(prefix: str) -> dict[str, str]:
    """What the texts under a prefix are called in either language, by its last part."""
    return {
        _folded(words): key.removeprefix(prefix)
        for lang in LANGUAGES
        for key, words in catalogue().texts(lang).items()
        if key.startswith(prefix)
    }


@cache
def _heads() -> dict[str, str]:
    return {name: name for name in worksheet.HEAD} | _words(_HEAD)


@cache
def _labels() -> dict[str, str]:
    return {_folded(words): rule.id for rule in indicators().values() for words in rule.label.values()}


@cache
def _flags() -> dict[str, str]:
    return {_folded(words): value for lang in LANGUAGES for words, value in zip(_yes_or_no(lang), "10", strict=True)}
