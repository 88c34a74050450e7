"""Whatever a file holds, a profile makes places of it, refuses rows, or refuses the file in words."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.importers import mapping
from node.importers.candidate import Candidate, Merged, Rejected, Said
from node.importers.contacts import has_contact
from node.importers.file import File
from node.importers.profiles import PROFILES
from node.importers.refused import FileRefused
from vocab import check

FILES = Path(__file__).parent / "imports"
JSON = {"gogocarto": "gogocarto.json", "commune-mesure": "commune_mesure.json", "schema": "schema.jsonld"}
LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
)
ANY = st.recursive(
    LEAF, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3))
)
MAPPING = mapping.Mapping(
    "x", {"a": "name", "b": "postcode", "c": "visits@2024", "d": "hours", "e": "opened", "f": "typology"}
)


@contextmanager
def said_in_words() -> Iterator[None]:
    """Whatever is raised here is a refusal that has its words."""
    try:
        yield
    except FileRefused as refused:
        words = [refused.text(lang) for lang in ("fr", "en")]
        if not all(words):
            raise


def taken(raw: bytes, profile: str, rules: mapping.Mapping | None = None) -> None:
    found: list[Said] = []
    with said_in_words():
        found = list(PROFILES[profile].read(File(raw, profile, "Fictif, 2025", "2025", rules)))
    for each in found:
        assert isinstance(each, (Candidate, Merged, Rejected))
        if isinstance(each, Rejected):
            assert all(each.reason.text(lang) for lang in ("fr", "en"))
        if isinstance(each, Candidate):
            assert all(note.text(lang) for note in each.notes for lang in ("fr", "en"))
            assert not [m for m in check.place(each.place) if m.field != "typology"]
            assert not any(map(has_contact, (each.place.name, *each.place.summary.values())))


@st.composite
def spoilt(draw: st.DrawFn, file: str) -> bytes:
    """A file of the right shape, of which some members are anything at all."""
    data = json.loads((FILES / file).read_text(encoding="utf-8"))
    for _ in range(draw(st.integers(1, 4))):
        node: Any = data
        while isinstance(node, (dict, list)) and node:
            key = draw(st.sampled_from(sorted(node) if isinstance(node, Mapping) else range(len(node))))
            if draw(st.integers(0, 3)) == 0 or not isinstance(node[key], (dict, list)):
                node[key] = draw(ANY)
                break
            node = node[key]
    return json.dumps(data).encode()


@pytest.mark.parametrize("profile", JSON)
@given(data=st.data())
def test_a_spoilt_file(profile: str, data: st.DataObject) -> None:
    taken(data.draw(spoilt(JSON[profile])), profile)


CELLS = st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=7)


@given(rows=st.lists(CELLS, max_size=5), mark=st.sampled_from(",;\t"))
def test_a_table_of_anything(rows: list[list[str]], mark: str) -> None:
    body = "\n".join(mark.join(cell.replace('"', "") for cell in row) for row in rows)
    taken(f"a{mark}b{mark}c{mark}d{mark}e{mark}f\n{body}".encode(), "table", MAPPING)


@given(raw=st.binary(max_size=300), profile=st.sampled_from(sorted(PROFILES)))
def test_a_file_of_anything(raw: bytes, profile: str) -> None:
    taken(raw, profile)


@given(text=st.text(max_size=200))
def test_a_mapping_of_anything(text: str) -> None:
    with said_in_words():
        mapping.read(text, "x")
