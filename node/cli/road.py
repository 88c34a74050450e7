"""The road of the demo, step by step: five fictitious places and a council, from the files of `examples/five_towns`.

Works on the nodes of a rig with the functions that the commands use; prints nothing, tells each step to `tell`.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from node import relations
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from node.testrig import Rig, get
from vocab.intake.place import place_toml
from vocab.intake.report import report_csv
from vocab.model import Observation, Place

COUNCIL = "council"
TOWNS = {"gueret": "Guéret", "pontivy": "Pontivy", "auxerre": "Auxerre", "arles": "Arles", "narbonne": "Narbonne"}
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = EXAMPLES / "five_towns"
REVISED, RESTRICTED = "arles", "narbonne"
ROLES = {COUNCIL: ("aggregator",), **dict.fromkeys(TOWNS, ("site",))}
YEAR = "2025"
SPARQL = """PREFIX tl: <https://w3id.org/tierslieux/ns#>
PREFIX tli: <https://w3id.org/tierslieux/indicator/>
PREFIX schema: <https://schema.org/>
PREFIX period: <http://purl.org/linked-data/sdmx/2009/dimension#>
SELECT ?name ?events WHERE {
  ?place a tl:TiersLieu ; schema:name ?name .
  ?figure tl:place ?place ; tl:indicator tli:events ; period:refPeriod "2025" ; tl:value ?events .
  FILTER NOT EXISTS { ?figure tl:breakdown ?part }
} ORDER BY DESC(?events)"""

Tell = Callable[..., None]


def walk(rig: Rig, tell: Tell) -> None:
    """The whole road; raises `RigError` when a node does not follow."""
    rig.init(COUNCIL, "Exemple – Conseil")
    rig.start(COUNCIL)
    tell("demo.council_starts")
    for slug, town in TOWNS.items():
        rig.init(slug, f"Exemple – {town}")
        _describe(rig, slug)
        rig.start(slug)
        tell("demo.place_made", town=town)
        if slug == next(iter(TOWNS)):
            rig.ready(COUNCIL)
            tell("demo.first_page", url=rig[COUNCIL].url + "/")
    rig.ready()
    tell("demo.six", count=len(rig.members))
    _follow(rig)
    tell("demo.followed", count=len(TOWNS))
    for slug in TOWNS:
        _publish(rig, slug)
    _until(rig, "events", YEAR, lambda row: row["n_reporting"] == len(TOWNS))
    rig.settled()
    tell("demo.published")
    _revise(rig)
    tell("demo.revised", town=TOWNS[REVISED])
    _share(rig)
    tell("demo.shared", town=TOWNS[RESTRICTED])


def total(rig: Rig, indicator: str, period: str) -> dict[str, Any] | None:
    """The national row of the council, as anybody gets it over HTTP."""
    asked = urlencode({"indicator": indicator, "by": "country", "period": period})
    rows = get(f"{rig[COUNCIL].url}/totals.json?{asked}").json()
    return rows[0] if rows else None


def ask(rig: Rig) -> list[tuple[str, str]]:
    """The SPARQL answer of the council: name and events of each place."""
    answer = get(f"{rig[COUNCIL].url}/sparql?{urlencode({'query': SPARQL})}", accept="application/sparql-results+json")
    return [(row["name"]["value"], row["events"]["value"]) for row in answer.json()["results"]["bindings"]]


def _describe(rig: Rig, slug: str) -> None:
    """What `place add` and `report add` do: the council is accepted at once, the years are entered."""
    with rig.node(slug) as node:
        place = place_toml((FILES / slug / "place.toml").read_text(encoding="utf-8"), node.config.place(slug))
        assert isinstance(place, Place), place
        add_place(node, slug, place, (rig[COUNCIL].url + "/actor",))
        for file in sorted((FILES / slug).glob("report-????.csv")):
            _enter(node, slug, file, "public")


def _enter(node: Node, slug: str, file: Path, sharing: str) -> None:
    period = file.stem.split("-")[1]
    figures = [o for o in report_csv(file.read_bytes(), period) if isinstance(o, Observation)]
    add_report(node, slug, period, figures, sharing)


def _publish(rig: Rig, slug: str) -> None:
    with rig.node(slug) as node:
        publish(node, slug)


def _follow(rig: Rig) -> None:
    async def all_of_them(node: Node) -> None:
        handles = [f"@{slug}@{rig[slug].authority}" for slug in TOWNS]
        for asked in await asyncio.gather(*(relations.follow(node, handle) for handle in handles)):
            if isinstance(asked, relations.Unreachable):
                raise RuntimeError(asked.text("fr"))

    with rig.node(COUNCIL) as node:
        asyncio.run(all_of_them(node))
    for slug in TOWNS:
        with rig.node(slug) as node:
            rig.wait(slug, lambda node=node, slug=slug: _accepted(node, slug))
    rig.settled()


def _accepted(node: Node, slug: str) -> bool:
    return any(row.state == "accepted" for row in relations.all_followers(node, slug))


def _until(rig: Rig, indicator: str, period: str, done: Callable[[dict[str, Any]], bool]) -> None:
    def seen() -> bool:
        row = total(rig, indicator, period)
        return row is not None and done(row)

    rig.wait(COUNCIL, seen)


def _revise(rig: Rig) -> None:
    """A zero too many in the visitors of 2024 is mended: same key, higher version."""
    before = total(rig, "visits", "2024")
    with rig.node(REVISED) as node:
        _enter(node, REVISED, FILES / REVISED / "report-2024-revised.csv", "public")
        publish(node, REVISED)
    _until(rig, "visits", "2024", lambda row: before is None or row["value"] != before["value"])


def _share(rig: Rig) -> None:
    """A figure for partners only: it is counted in no public total, and the council says that one is left out."""
    with rig.node(RESTRICTED) as node:
        granted = asyncio.run(relations.share(node, RESTRICTED, rig[COUNCIL].url + "/actor", "network"))
        if isinstance(granted, relations.Unreachable):
            raise RuntimeError(granted.text("fr"))
        _enter(node, RESTRICTED, FILES / RESTRICTED / f"report-{YEAR}-network.csv", "network")
        publish(node, RESTRICTED)
    _until(rig, "directJobsFte", YEAR, lambda row: row["restricted_left_out"] > 0)
    rig.settled()
