"""Writes the codebook `docs/reference/indicators*.md` below its mark: `python -m vocab.data.pages` (or `--check`).

What stands above the mark is written by hand; the rest is the compiled vocabulary in the words of `vocab.rules`, so
that it cannot drift.
"""

import re
import sys
from pathlib import Path

from vocab import rules
from vocab.reference import Dimension, Indicator, Scheme, dimensions, indicators, scheme, themes

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {"en": FOLDER / "indicators.md", "fr": FOLDER / "indicators.fr.md"}
MARK = "<!-- made by: python -m vocab.data.pages -->\n"
SCHEMES = ("typology", "status", "programme", "building_origin", "legal_form")
_LINKED = ("made_of", "used_in", "breakdowns")
_NAME = re.compile(r"\((\w+)\)")


def _contents(lang: str) -> str:
    lines = [f"- [{label[lang]}](#theme-{theme}): {_links(theme, lang)}\n" for theme, label in themes().items()]
    lists = f"- [{rules.say(lang, 'lists')}](#lists)\n"
    return f"\n## {rules.say(lang, 'contents')}\n\n{''.join(lines)}{lists}"


def _links(theme: str, lang: str) -> str:
    return " · ".join(f"[{each.label[lang]}](#{each.id})" for each in indicators().values() if each.theme == theme)


def _fact(rule: Indicator, name: str, text: str, lang: str) -> str:
    said = _NAME.sub(r"([`\1`](#\1))", text) if name in _LINKED else text
    said = said.replace(rule.unit, f"`{rule.unit}`") if name == "unit" and len(rule.unit) > 1 else said
    return f"- **{rules.say(lang, 'name.' + name)}**{rules.say(lang, 'colon')}{said}\n"


def _indicator(rule: Indicator, lang: str) -> str:
    facts = "".join(_fact(rule, name, text, lang) for name, text in rules.facts(rule, lang) if name != "theme")
    return f'\n<a id="{rule.id}"></a>\n### {rule.label[lang]} · `{rule.id}`\n\n{facts}'


def _theme(theme: str, lang: str) -> str:
    entries = "".join(_indicator(rule, lang) for rule in indicators().values() if rule.theme == theme)
    return f'\n<a id="theme-{theme}"></a>\n## {themes()[theme][lang]}\n{entries}'


def _list(found: Dimension | Scheme, about: str, lang: str) -> str:
    codes = ", ".join(f"`{code.code}` {code.label[lang]}" for code in found.codes.values())
    head = f'\n<a id="{found.id}"></a>\n### {found.label[lang].capitalize()} · `{found.id}`\n\n'
    return head + (f"{about}\n\n" if about else "") + (codes or rules.say(lang, "open")) + "\n"


def _lists(lang: str) -> str:
    parts = [_list(each, rules.breakdown(each, lang), lang) for each in dimensions().values()]
    parts += [_list(scheme(name), "", lang) for name in SCHEMES]
    return f'\n<a id="lists"></a>\n## {rules.say(lang, "lists")}\n' + "".join(parts)


def page(lang: str) -> str:
    """The whole page: the hand-written part as it is, then the codebook."""
    written = PAGES[lang].read_text(encoding="utf-8").partition(MARK)[0]
    return written + MARK + _contents(lang) + "".join(_theme(theme, lang) for theme in themes()) + _lists(lang)


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
