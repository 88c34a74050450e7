"""Indicators, dimensions and code lists as the Turtle says them, read from `data/compiled.json`.

`compiled.json` is made from the Turtle by `python -m vocab.data.compile`; a test compares the two, so that a running
site needs no RDF library to know its vocabulary.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of a scheme or a dimension, with its texts in French and English."""

    code: str
    label: Mapping[str, str]
    definition: Mapping[str, str]
    broader: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A `skos:ConceptScheme`."""

    id: str
    label: Mapping[str, str]
    codes: Mapping[str, Concept]

    def family(self, code: str) -> str:
        """The broadest concept above `code`, itself when it has none above."""
        concept = self.codes[code]
        return self.family(concept.broader) if concept.broader else code

    def within(self, code: str) -> tuple[str, ...]:
        """`code` and every narrower concept."""
        return tuple(each for each in self.codes if self._is_within(each, code))

    def _is_within(self, code: str, broad: str) -> bool:
        above = self.codes[code].broader
        return code == broad or bool(above and self._is_within(above, broad))


@dataclass(frozen=True, slots=True)
class Dimension:
    """A breakdown. partition: `yes` (its parts add up), `no` (they overlap), `nested`; `open`: any code.

    `of_persons`: each person is in one part, so that counts of persons add up too.
    """

    id: str
    label: Mapping[str, str]
    partition: str
    numerator_only: bool
    open: bool
    codes: Mapping[str, Concept]
    of_persons: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What is plausible for one place and one year, both ends included, when it is not 0; `zero`: whether 0 is too."""

    low: Decimal
    high: Decimal
    zero: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two figures of one place and year and the limits of their ratio.

    `may_be_mean`: a numerator that is too small may be a mean for each unit of the denominator.
    """

    numerator: str
    denominator: str
    limits: Limits
    may_be_mean: bool


@dataclass(frozen=True, slots=True)
class Indicator:
    """One question and its arithmetic: `kind`, the rule across sites and across time, and what a ratio is made of.

    A derived figure is its `formula` over its `operands`; a figure is never above `not_above` of the same report.
    `confused_with`: what is counted for each of these persons (their hours, their days), entered in their place.
    """

    id: str
    theme: str
    label: Mapping[str, str]
    definition: Mapping[str, str]
    unit: str
    kind: str
    dimensions: tuple[str, ...]
    periods: tuple[str, ...]
    across_sites: str
    across_time: str
    numerator: str
    denominator: str
    weight: str
    confidentiality: str
    source: str
    tier: str
    asked_of: str
    origin: str
    scale: Decimal | None
    formula: str = ""
    operands: tuple[str, ...] = ()
    not_above: str = ""
    confused_with: str = ""
    plausible: Limits | None = None


def _limits(said: dict[str, Any] | None) -> Limits | None:
    return None if said is None else Limits(Decimal(said["min"]), Decimal(said["max"]), said["zero"])


@cache
def compiled() -> dict[str, Any]:
    """All that `compiled.json` holds, read once."""
    text = (Path(__file__).parent / "data" / "compiled.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def version() -> str:
    """The version of the vocabulary."""
    return str(compiled()["version"])


def _concepts(codes: list[dict[str, Any]]) -> Mapping[str, Concept]:
    return MappingProxyType(
        {c["code"]: Concept(c["code"], c["label"], c.get("definition", {}), c.get("broader", "")) for c in codes}
    )


@cache
def indicators() -> Mapping[str, Indicator]:
    """Every indicator by its identifier."""
    read = {}
    for entry in compiled()["indicators"]:
        plain = dict(entry)
        plain["dimensions"], plain["periods"] = tuple(plain["dimensions"]), tuple(plain["periods"])
        plain["operands"] = tuple(plain["operands"])
        plain["scale"] = Decimal(plain["scale"]) if plain["scale"] else None
        plain["plausible"] = _limits(plain["plausible"])
        read[plain["id"]] = Indicator(**plain)
    return MappingProxyType(read)


@cache
def ratios() -> tuple[Ratio, ...]:
    """The plausible ratios between two figures of one place and year."""
    read = []
    for entry in compiled()["ratios"]:
        limits = _limits(entry["plausible"])
        if limits is not None:
            read.append(Ratio(entry["numerator"], entry["denominator"], limits, entry["may_be_mean"]))
    return tuple(read)


def indicator(name: str) -> Indicator:
    """One indicator. Raises `KeyError`."""
    return indicators()[name]


@cache
def dimensions() -> Mapping[str, Dimension]:
    """Every breakdown dimension by its identifier."""
    return MappingProxyType(
        {
            d["id"]: Dimension(
                d["id"],
                d["label"],
                d["partition"],
                d["numerator_only"],
                d["open"],
                _concepts(d["codes"]),
                d["of_persons"],
            )
            for d in compiled()["dimensions"]
        }
    )


@cache
def scheme(name: str) -> Scheme:
    """One code list: typology, building_origin, legal_form, status, programme. Raises `KeyError`."""
    entry = compiled()["schemes"][name]
    return Scheme(name, entry["label"], _concepts(entry["codes"]))


@cache
def themes() -> Mapping[str, Labels]:
    """The labels of each theme."""
    return MappingProxyType({t["id"]: t["label"] for t in compiled()["themes"]})


def label(name: str, code: str, lang: str) -> str:
    """The label of a code of a scheme; the code itself where the scheme lacks it."""
    found = scheme(name).codes.get(code)
    return found.label[lang] if found else code
