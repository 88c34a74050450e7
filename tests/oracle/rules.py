"""The vocabulary as the oracle reads it: straight from the Turtle and the table of communes, by no code of ours."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdflib import RDF, SKOS, Graph, Namespace, URIRef
from rdflib.collection import Collection

TL = Namespace("https://w3id.org/tierslieux/ns#")
DATA = Path(__file__).resolve().parents[2] / "vocab" / "data"


@dataclass(frozen=True)
class Rule:
    """One indicator."""

    id: str
    unit: str
    kind: str
    dimensions: tuple[str, ...]
    periods: tuple[str, ...]
    sites: str
    time: str
    top: str
    bottom: str
    weight: str
    scale: str
    formula: str
    operands: tuple[str, ...]
    asked_of: str
    origin: str

    @property
    def made_of(self) -> tuple[str, ...]:
        """The questions that a computed figure needs."""
        return self.operands or tuple(filter(None, (self.top, self.bottom)))

    @property
    def questions(self) -> frozenset[str]:
        """Every question whose figures bear on this one."""
        return frozenset(filter(None, (self.id, *self.made_of, self.weight)))


@dataclass(frozen=True)
class Dimension:
    """One breakdown: whether its parts add up, for figures and for persons, and all its codes."""

    adds_up: bool
    adds_up_for_persons: bool
    codes: frozenset[str]


@dataclass(frozen=True)
class Town:
    """What contains a commune, and its inhabitants."""

    departement: str
    region: str
    epci: str
    people: int


@cache
def _graph() -> Graph:
    graph = Graph()
    for file in (DATA / "indicators.ttl", *sorted((DATA / "concepts").glob("*.ttl"))):
        graph.parse(file, format="turtle")
    return graph


def _last(value: object) -> str:
    return "" if value is None else str(value).rsplit("/", 1)[-1]


def _list(subject: object, name: str) -> tuple[str, ...]:
    head = _graph().value(subject, TL[name])  # type: ignore[arg-type]
    return () if head is None else tuple(_last(item) for item in Collection(_graph(), head))


@cache
def indicators() -> dict[str, Rule]:
    """Every indicator by its notation."""
    graph, found = _graph(), {}
    for subject in graph.subjects(RDF.type, TL["Indicator"]):

        def said(name: str, subject: object = subject) -> str:
            return str(graph.value(subject, TL[name]) or "")  # type: ignore[arg-type]

        name = str(graph.value(subject, SKOS.notation))
        found[name] = Rule(
            name,
            said("unit"),
            said("kind"),
            _list(subject, "dimensions"),
            _list(subject, "periods"),
            said("acrossSites"),
            said("acrossTime"),
            _last(graph.value(subject, TL["numerator"])),
            _last(graph.value(subject, TL["denominator"])),
            _last(graph.value(subject, TL["weight"])),
            said("scale") or "1",
            said("formula"),
            _list(subject, "operands"),
            said("askedOf"),
            said("origin"),
        )
    return found


@cache
def dimensions() -> dict[str, Dimension]:
    """Every breakdown by its notation."""
    graph, found = _graph(), {}
    for subject in graph.subjects(RDF.type, TL["Dimension"]):
        codes = frozenset(str(graph.value(code, SKOS.notation)) for code in graph.subjects(SKOS.inScheme, subject))
        flags = {name: str(graph.value(subject, TL[name])) == "true" for name in ("numeratorOnly", "openList")}
        exclusive = str(graph.value(subject, TL["partition"])) == "yes" and not any(flags.values())
        of_persons = str(graph.value(subject, TL["ofPersons"])) == "true"
        found[str(graph.value(subject, SKOS.notation))] = Dimension(exclusive, exclusive and of_persons, codes)
    return found


@cache
def families() -> dict[str, str]:
    """Every code of the typology, and the family at its top."""
    graph = _graph()
    scheme = URIRef("https://w3id.org/tierslieux/concept/typology")
    found = {}
    for concept in graph.subjects(SKOS.inScheme, scheme):
        top = concept
        while (above := graph.value(top, SKOS.broader)) is not None:
            top = above
        found[str(graph.value(concept, SKOS.notation))] = str(graph.value(top, SKOS.notation))
    return found


@cache
def towns() -> dict[str, Town]:
    """Every present commune."""
    with (DATA / "territory" / "communes.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {r[0]: Town(r[2], r[3], r[4], int(r[5])) for r in rows if r[6] == "current"}
