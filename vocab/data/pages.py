"""Writes the tables of `docs/reference/indicators*.md` below their mark: `python -m vocab.data.pages` (or `--check`).

What stands above the mark is written by hand; the tables are the compiled vocabulary, so that they cannot drift.
"""

import sys
from pathlib import Path

from vocab.reference import Indicator, dimensions, indicators, themes

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {"en": FOLDER / "indicators.md", "fr": FOLDER / "indicators.fr.md"}
MARK = "<!-- made by: python -m vocab.data.pages -->\n"
COLUMNS = "unit kind sites time conf tier"


def _arithmetic(entry: Indicator) -> list[str]:
    level = entry.confidentiality
    return [f"`{entry.unit}`", entry.kind, entry.across_sites, entry.across_time, level, entry.tier]


def _row(entry: Indicator, lang: str) -> str:
    said = f"**{entry.label[lang]}** `{entry.id}`<br>{entry.definition[lang]}"
    parts = ", ".join(f"`{name}`" for name in entry.dimensions)
    return "| " + " | ".join([said, *_arithmetic(entry), parts]) + " |\n"


def _theme(theme: str, lang: str) -> str:
    head = ["id", *COLUMNS.split(), "by"]
    lines = "".join(_row(entry, lang) for entry in indicators().values() if entry.theme == theme)
    ruler = "|" + "---|" * len(head)
    return f"\n## {themes()[theme][lang]}\n\n| {' | '.join(head)} |\n{ruler}\n{lines}"


def _breakdowns(lang: str) -> str:
    lines = [
        f"| `{d.id}` | {d.label[lang]} | {d.partition} | {', '.join(f'`{code}`' for code in d.codes) or '…'} |\n"
        for d in dimensions().values()
    ]
    return "\n## `breakdown`\n\n| id | | partition | codes |\n|---|---|---|---|\n" + "".join(lines)


def page(lang: str) -> str:
    """The whole page: the hand-written part as it is, then the tables."""
    written = PAGES[lang].read_text(encoding="utf-8").partition(MARK)[0]
    return written + MARK + "".join(_theme(theme, lang) for theme in themes()) + _breakdowns(lang)


def main(argv: list[str]) -> int:
    """Write both pages, or with `--check` say whether they are up to date (exit 1 when one is not)."""
    pages = {file: page(lang) for lang, file in PAGES.items()}
    if "--check" in argv:
        return 0 if all(file.read_text(encoding="utf-8") == text for file, text in pages.items()) else 1
    for file, text in pages.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
