"""The manual of those who look after a place: its pictures are there, and it calls what is on the pages by its name."""

import json
import re

import pytest
from PIL import Image

from tests.shape import ROOT

DOCS = ROOT / "docs"
MANUALS = {
    "fr": (DOCS / "manual.fr.md", DOCS / "tutorial/first-hour.fr.md"),
    "en": (DOCS / "manual.md", DOCS / "tutorial/first-hour.md"),
}
QUOTED = {"fr": r"« ([^»]+) »", "en": r"“([^”]+)”"}
LARGEST = 100_000


def _texts(lang: str) -> set[str]:
    """All that a page may say, with plain apostrophes and spaces."""
    found: set[str] = set()
    for file in sorted((ROOT / "node/locale" / lang).glob("*.json")):
        found |= {_plain(text) for text in json.loads(file.read_text(encoding="utf-8")).values()}
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'"))


@pytest.mark.parametrize("lang", MANUALS)
def test_what_it_names_is_on_the_pages(lang: str) -> None:
    named = {
        _plain(each) for file in MANUALS[lang] for each in re.findall(QUOTED[lang], file.read_text(encoding="utf-8"))
    }
    assert named
    assert named - _texts(lang) == set()


@pytest.mark.parametrize("which", [0, 1])
def test_both_languages_have_the_same_parts(which: int) -> None:
    texts = [MANUALS[lang][which].read_text(encoding="utf-8") for lang in ("fr", "en")]
    for part in (r"^#+", r"^\|", r"^```", r"^!\[", r"^\d\."):
        assert len(re.findall(part, texts[0], re.MULTILINE)) == len(re.findall(part, texts[1], re.MULTILINE)), part


@pytest.mark.parametrize("lang", MANUALS)
def test_each_picture_is_described_small_and_used(lang: str) -> None:
    shown = re.findall(r"!\[([^\]]*)\]\((screenshots/[^)]+)\)", MANUALS[lang][0].read_text(encoding="utf-8"))
    assert [path for described, path in shown if len(described) < 20] == []
    kept = sorted(str(file.relative_to(DOCS)) for file in (DOCS / "screenshots" / lang).glob("*.png"))
    assert sorted(path for _, path in shown) == kept
    assert len(kept) == 8
    for path in kept:
        assert (DOCS / path).stat().st_size < LARGEST
        with Image.open(DOCS / path) as picture:
            assert picture.size == (1000, 1000)
