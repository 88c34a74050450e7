"""The vocabulary as data: complete, bilingual, and `compiled.json` made from the Turtle that is there."""

import csv
import json

from tests.shared import shared
from vocab.data import compile as compiler
from vocab.reference import dimensions, indicators, scheme, themes

KINDS = {"flow", "stock", "level", "heads", "ratio", "score", "model", "flag", "count", "reference", "derived"}
RULES = {"sum", "distinct", "ratio", "wmean", "share", "none", "model", "reference"}


def test_compiled_is_made_from_the_turtle() -> None:
    """A change of the Turtle without `python -m vocab.data.compile` fails here."""
    assert json.loads(compiler.TARGET.read_text(encoding="utf-8")) == compiler.compiled()


def test_every_indicator_is_bilingual_and_whole() -> None:
    assert len(indicators()) == 110
    for entry in indicators().values():
        assert entry.label["fr"], entry.id
        assert entry.label["en"], entry.id
        assert entry.definition["fr"], entry.id
        assert entry.definition["en"], entry.id
        assert entry.definition["fr"] != entry.definition["en"], entry.id
        assert entry.unit, entry.id
        assert entry.kind in KINDS, entry.id
        assert entry.across_sites in RULES, entry.id
        assert entry.confidentiality in "LMH", entry.id
        assert entry.theme in themes(), entry.id


def test_ratios_name_their_parts() -> None:
    for entry in indicators().values():
        parts = [p for p in (entry.numerator, entry.denominator, entry.weight) if p]
        assert all(part in indicators() for part in parts), entry.id
        if entry.kind == "ratio":
            assert len(parts) == 2, entry.id
            assert entry.scale is not None, entry.id
        strictest = "LMH".index(entry.confidentiality)
        assert all("LMH".index(indicators()[p].confidentiality) <= strictest for p in parts if entry.kind == "ratio"), (
            entry.id
        )


def test_dimensions_and_schemes_are_bilingual() -> None:
    for entry in indicators().values():
        assert all(name in dimensions() for name in entry.dimensions), entry.id
    for dimension in dimensions().values():
        assert dimension.open or dimension.codes, dimension.id
        assert all(c.label["fr"] and c.label["en"] for c in dimension.codes.values()), dimension.id
    for name in ("typology", "building_origin", "legal_form", "status", "programme"):
        assert all(c.label["fr"] and c.label["en"] for c in scheme(name).codes.values()), name
        assert all(scheme(name).family(code) in scheme(name).codes for code in scheme(name).codes)


def test_same_as_the_published_tables() -> None:
    with shared("design/indicators.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            entry = indicators()[row["id"]]
            assert (entry.unit, entry.kind, entry.across_sites) == (row["ucum"], row["kind"], row["agg_sites"])
            assert (entry.numerator, entry.denominator, entry.weight) == (row["num"], row["den"], row["weight"])
            assert list(entry.dimensions) == [d for d in row["dims"].split(",") if d]
            assert entry.label["en"] == row["en"]
