"""What is kept of CLDR is what Babel reads there; `python -m tests.node.test_cldr` writes it again."""

import json

import pytest
from babel.core import Locale

from node.messages import LANGUAGES
from node.web.cldr import FILE, habits

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
NUMBERS = (*range(2_000), 10**6, 10**9)


def read(lang: str) -> dict[str, object]:
    """What Babel says of a language."""
    locale = Locale.parse(LOCALES[lang])
    signs, plural = locale.number_symbols["latn"], locale.plural_form
    return {
        "group": signs["group"],
        "point": signs["decimal"],
        "months": [locale.months["format"]["wide"][number] for number in range(1, 13)],
        "days": [locale.days["format"]["wide"][number] for number in range(7)],
        "ones": [n for n in NUMBERS if plural(n) == "one"],
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_kept_is_what_babel_reads(lang: str) -> None:
    assert json.loads(FILE.read_text(encoding="utf-8"))[lang] == read(lang)
    plural = Locale.parse(LOCALES[lang]).plural_form
    assert [habits(lang).one(n) for n in NUMBERS] == [plural(n) == "one" for n in NUMBERS]


if __name__ == "__main__":
    found = {lang: read(lang) for lang in LANGUAGES}
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
