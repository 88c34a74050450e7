"""The divisions by which totals can be asked: those of every place, and the layers that the operator loaded.

A division puts each place in one area at most. EPCI are a hierarchy of their own. What a layer or a size needs and a
place does not say (its commune) puts it in `unstated`, so that the areas add up to the country.
"""

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

from node.context import Node
from node.messages import text
from node.store import layers
from node.store.engine import Store
from node.store.layers import Layer
from vocab import territory
from vocab.reference import dimensions, scheme

FIXED = ("country", "region", "departement", "epci", "commune", "typology", "townsize")
HYBRID, UNSTATED = "hybrid", "unstated"
DENSITIES = ("density", "densite7")
USUAL_LAYERS = ("qpv", "acv", "pvd", *DENSITIES)
"""Layers whose name says what they are, without a title; the densities are the grid of INSEE in seven levels."""
TOWN_SIZES = (2_000, 10_000, 20_000, 100_000, 200_000)
"""Lower bounds of the classes of municipal population. 2,000 inhabitants make an urban unit (INSEE); Petites Villes de
Demain chose below 20,000 (instruction of 16 October 2019). No text defines a medium-size town: to 99,999 here."""


@dataclass(frozen=True, slots=True)
class Classes:
    """One layer: the class of each commune it names, the inhabitants of each class, whether it is a list of members."""

    layer: Layer
    by_commune: Mapping[str, str]
    people: Mapping[str, int]
    is_membership: bool

    def of(self, commune: str) -> str:
        """A commune that a list of members does not name is not in it."""
        if not commune:
            return UNSTATED
        return self.by_commune.get(commune, "no" if self.is_membership else UNSTATED)


@dataclass(frozen=True, slots=True)
class Divisions:
    """What places can be divided by; read once for many places."""

    layers: Mapping[str, Classes]

    def names(self) -> tuple[str, ...]:
        return (*FIXED, *self.layers)

    def of(self, commune: str) -> dict[str, str]:
        """The size of a commune and its class in each layer."""
        found = {name: classes.of(commune) for name, classes in self.layers.items()}
        return found | {"townsize": town_size(commune)}

    def population(self, by: str, area: str) -> int:
        """Municipal population of an area, inhabitants; 0 where there is none to give."""
        if by in territory.LEVELS:
            return territory.population(by, area)
        people = _by_size() if by == "townsize" else self.layers[by].people if by in self.layers else {}
        return people.get(area, 0)


def divisions(node: Node) -> Divisions:
    """The fixed divisions and the layers of this node."""
    kept = _KEPT.get(node.store, {})
    with node.store.read() as connection:
        known = layers.all_of(connection)
        found = {
            layer: kept.get(layer) or _classes(layer, layers.classes(connection, layer.name)) for layer in known
        }  # fmt: skip
    _KEPT[node.store] = found
    return Divisions({layer.name: classes for layer, classes in found.items()})


_KEPT: WeakKeyDictionary[Store, dict[Layer, Classes]] = WeakKeyDictionary()  # one that is loaded again is another one


def _classes(layer: Layer, by_commune: Mapping[str, str]) -> Classes:
    people: dict[str, int] = {}
    inhabitants = territory.inhabitants()
    for commune, value in by_commune.items():
        people[value] = people.get(value, 0) + inhabitants.get(commune, 0)
    is_membership = set(people) <= {"yes", "no"}
    if is_membership:
        people["no"] = territory.population("country", territory.COUNTRY) - people.get("yes", 0)
    return Classes(layer, by_commune, people, is_membership)


@lru_cache(maxsize=8_192)
def town_size(commune: str) -> str:
    """The class of size of a commune, as `20000-99999`."""
    found = territory.commune(commune) if commune else None
    return UNSTATED if found is None else size_of(found.population)


def size_of(people: int) -> str:
    """The class of size of a commune of so many inhabitants."""
    at = sum(people >= bound for bound in TOWN_SIZES)
    return sizes()[at]


def sizes() -> tuple[str, ...]:
    """Every class of size, smallest first."""
    middle = tuple(f"{low}-{high - 1}" for low, high in itertools.pairwise(TOWN_SIZES))
    return (f"0-{TOWN_SIZES[0] - 1}", *middle, f"{TOWN_SIZES[-1]}-")


@lru_cache(maxsize=1)
def _by_size() -> Mapping[str, int]:
    people: dict[str, int] = {}
    for inhabitants in territory.inhabitants().values():
        size = size_of(inhabitants)
        people[size] = people.get(size, 0) + inhabitants
    return people


def exclusive_family(typology: Iterable[str]) -> str:
    """The exclusive partition of hybrid places: a single family, or `hybrid`; `unstated` when nothing is said."""
    known = scheme("typology")
    families = {known.family(code) for code in typology if code in known.codes}
    return HYBRID if len(families) > 1 else next(iter(families), UNSTATED)


@lru_cache(maxsize=4_096)
def family_of(typology: str) -> str:
    """The same, of the JSON list that the directory keeps."""
    return exclusive_family(json.loads(typology))


def order(by: str, area: str) -> tuple[bool, int, bool, str]:
    """Where an area stands among those of its division: sizes and numbered classes as they grow, members first."""
    if by in territory.LEVELS or by == "typology":
        return False, 0, False, area
    number = re.match(r"[0-9]+", area)
    return area == UNSTATED, int(number[0]) if number else 0, area != "yes", area


def area_name(by: str, area: str, lang: str) -> str:
    """An area as a person reads it."""
    if area == UNSTATED:
        return text(lang, "areas.unstated")
    if by in territory.LEVELS:
        return territory.name_of(by, area, lang)
    if by == "typology":
        if area == HYBRID:
            return text(lang, "areas.hybrid")
        return scheme("typology").codes[area].label[lang] if area in scheme("typology").codes else area
    if by in DENSITIES and area in dimensions()["density"].codes:
        return f"{area} · {dimensions()['density'].codes[area].label[lang]}"
    if by == "townsize":
        return text(lang, f"areas.townsize.{area}")
    return text(lang, f"areas.member.{area}") if area in ("yes", "no") else area


def division_name(by: str, lang: str, known: Iterable[Layer] = ()) -> str:
    """A division as a person reads it: a layer by its title, if the operator gave one, else by its usual name."""
    if by in FIXED:
        return text(lang, f"web.by.{by}")
    usual = text(lang, f"areas.layer.{by}") if by in USUAL_LAYERS else by
    return next((layer.title for layer in known if layer.name == by and layer.title), usual)
