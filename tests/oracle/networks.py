"""Random networks as raw documents, but for context and proof: places, listings, reports, in the order of hearing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.oracle.rules import Rule, dimensions, indicators

COMMUNES = ("23096", "23008", "85113", "69123", "69266", "75056", "97411", "13004")
TYPOLOGIES = (["coworking"], ["fablab"], ["coworking", "makerspace"], ["cultural", "artist-studio"], ["telecentre"])
OPENED = ("", "", "2020", "2024-06", "2025-12-31", "2026-02-01")
CLOSED = ("", "", "", "2026", "2026-03-31")
STATUSES = ("open", "open", "open", "paused", "project", "closed", "unknown")
OPERATORS = ("", "name", "urn:siren:732829320", "urn:siren:552100554", "urn:rna:W751234567")
MANNERS = (
    "silent", "year", "year", "year", "L", "M", "E", "P", "months", "twelve", "accounting", "overlap", "dates",
    "parts", "some-parts", "total-parts", "year+months", "earlier",
)  # fmt: skip
METHODS = ("v2", "v9", "v10", "")
LIST = "https://liste.example/actor"
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Network:
    """Documents in the order in which they are heard, and the actors whose documents count."""

    documents: tuple[dict[str, Any], ...]
    connected: frozenset[str]


def _envelope(kind: str, name: str, actor: str, version: int, sharing: str = "public") -> dict[str, Any]:
    return {
        "id": name,
        "type": ["Document", kind],
        "attributedTo": actor,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "version": version,
        "published": "2026-01-01T00:00:00Z",
        "updated": f"2026-01-{version:02d}T00:00:00Z",
        "license": "https://spdx.org/licenses/etalab-2.0",
        "sharing": sharing,
    }


def _about(draw: Draw, iri: str, operator: str) -> dict[str, Any]:
    """A place as one version of its description says it; the commune and the families may move with the version."""
    commune, opened = draw(st.sampled_from(COMMUNES)), draw(st.sampled_from(OPENED))
    closed = draw(st.sampled_from(CLOSED)) if opened != "2026-02-01" else ""
    about: dict[str, Any] = {
        "id": iri,
        "type": "TiersLieu",
        "schema:name": "Lieu",
        "typology": [f"tlc:typology/{code}" for code in draw(st.sampled_from(TYPOLOGIES))],
        "status": f"tlc:status/{draw(st.sampled_from(STATUSES))}",
        "commune": commune,
        "address": {"id": iri + "-address", "type": "schema:PostalAddress", "schema:addressCountry": "FR"},
    }
    about |= {key: value for key, value in (("tl:opened", opened), ("tl:closed", closed)) if value}
    if operator:
        number = {"tl:siren": operator[10:]} if "siren" in operator else {"tl:rna": operator[8:]}
        name = operator if operator != "name" else iri + "-operator"
        known = {"id": name, "type": "schema:Organization", "schema:name": "Association"}
        about["operator"] = known | (number if operator != "name" else {})
    return about


def _number(draw: Draw, rule: Rule) -> str:
    """A value that the question admits, as canonical decimal text."""
    if rule.kind == "flag":
        return str(draw(st.integers(0, 1)))
    if rule.kind == "score":
        return draw(st.sampled_from(("1", "2.5", "3.25", "5")))
    whole = rule.kind == "heads" or rule.unit in ("{event}", "{visit}", "{object}", "{organization}")
    return str(draw(st.integers(0, 9))) + ("" if whole else draw(st.sampled_from(("", ".5", ".125"))))


def _method(draw: Draw, rule: Rule) -> str:
    return draw(st.sampled_from(METHODS[:3] if rule.kind in ("score", "model") else METHODS))


Told = dict[str, list[dict[str, Any]]]  # period → observations without their place


def _tell(told: Told, rule: Rule, period: str, value: str, status: str, method: str, part: str = "") -> None:
    said = {"indicator": rule.id, "period": period, "unit": rule.unit, "status": status, "part": part}
    said |= {"value": value} if value else {}
    told.setdefault(period, []).append(said | ({"method": method} if method else {}))


def _parts(draw: Draw, told: Told, rule: Rule, period: str, some: bool) -> None:
    """One breakdown: every code or only some of them, given or not applicable, with a total above them or without."""
    names = [name for name in rule.dimensions if dimensions()[name].codes]
    if not names:
        return
    name = draw(st.sampled_from(names))
    codes = sorted(dimensions()[name].codes)
    method = _method(draw, rule)
    for code in codes[: draw(st.integers(1, len(codes)))] if some else codes:
        status = draw(st.sampled_from(("A", "A", "A", "E", "M")))
        other = _method(draw, rule) if draw(st.integers(0, 5)) == 0 else method
        _tell(told, rule, period, "" if status == "M" else _number(draw, rule), status, other, f"{name}/{code}")


def _say(draw: Draw, told: Told, rule: Rule, manner: str) -> None:
    """What one place says to one question in one of the manners in which people say it."""

    def give(period: str, status: str = "A") -> None:
        value = "" if status in ("L", "M") else _number(draw, rule)
        _tell(told, rule, period, value, status, _method(draw, rule))

    if manner in ("L", "M", "E", "P"):
        give("2025", manner)
    elif manner in ("accounting", "overlap"):
        give("2024-07-01/P1Y")
        if manner == "overlap":
            give(draw(st.sampled_from(("2024", "2025", "2024-03-01/P1Y", "2024-10-01/P1Y", "2023-09-01/P1Y"))))
    elif manner == "earlier":
        give("2024")
    elif manner.endswith("parts"):
        _parts(draw, told, rule, "2025", manner == "some-parts")
        if manner == "total-parts":
            _tell(told, rule, "2025", {"score": "5", "flag": "1"}.get(rule.kind, "999"), "A", "v2")
    else:
        for period, status in _pieces(draw, rule, manner):
            give(period, status)


def _pieces(draw: Draw, rule: Rule, manner: str) -> list[tuple[str, str]]:
    """The periods, with a status each, of a year told whole, by its months or by dates."""
    monthly, dated = "month" in rule.periods, "date" in rule.periods
    found: list[tuple[str, str]] = []
    if manner in ("year", "year+months"):
        found.append(("2025-12-31" if dated and draw(st.booleans()) else "2025", "A"))
    if manner in ("months", "year+months") and monthly:
        months = sorted(draw(st.sets(st.integers(1, 12), max_size=4)))
        found += [(f"2025-{month:02d}", draw(st.sampled_from(("A", "A", "E", "P", "L")))) for month in months]
    if manner == "twelve" and monthly:
        found += [(f"2025-{month:02d}", "A") for month in range(1, 13)]
    if manner == "dates" and dated:
        days = sorted(draw(st.sets(st.sampled_from(("2025-03-01", "2025-06-30", "2025-12-31")), max_size=2)))
        found += [(day, draw(st.sampled_from(("A", "A", "A", "L")))) for day in days]
    return found


def _report(
    place: str, name: str, actor: str, version: int, sharing: str, said: list[dict[str, Any]]
) -> dict[str, Any]:
    observations = []
    for each in said:
        part = "/".join(quote(piece, safe="") for piece in each["part"].split("/"))
        observation = {
            "id": f"{name}#{each['indicator']}" + (f".{part.replace('/', '.')}" if part else ""),
            "type": "Observation",
            "place": place,
            "indicator": f"tli:{each['indicator']}",
            "period": each["period"],
            "unit": each["unit"],
            "obsStatus": each["status"],
            "confStatus": "F",
        }
        observation |= {key: each[key] for key in ("value", "method") if key in each}
        observations.append(observation | ({"breakdown": [f"tlc:{part}"]} if part else {}))
    body = {"about": place, "period": said[0]["period"], "observations": observations}
    return _envelope("Report", name, actor, version, sharing) | body


def _reports(draw: Draw, actor: str, rules: list[Rule], version: int) -> list[dict[str, Any]]:
    """One version of all that a place reports."""
    told: Told = {}
    for rule in rules:
        _say(draw, told, rule, draw(st.sampled_from(MANNERS)))
    made = []
    for period, said in sorted(told.items()):
        sharing = draw(st.sampled_from(("public",) * 5 + ("network",)))
        name = f"{actor}/documents/report-{period.replace('/', '_')}"
        made.append(_report(actor + "#place", name, actor, version, sharing, said))
    return made


def _place(draw: Draw, number: int, rules: list[Rule]) -> tuple[str, list[dict[str, Any]]]:
    """One place and all that it says, some of it a second or a third time."""
    actor = f"https://hote{draw(st.integers(0, 1))}.example/places/lieu{number}"
    operator = draw(st.sampled_from(OPERATORS))
    said: list[dict[str, Any]] = []
    for version in range(1, draw(st.sampled_from((1, 1, 2, 3))) + 1):
        if version == 1 or draw(st.booleans()):
            about = _about(draw, actor + "#place", operator)
            said.append(_envelope("Description", f"{actor}/documents/description", actor, version))
            said[-1] |= {"name": "Lieu", "about": about}
        said += _reports(draw, actor, rules, version)
    return actor, said


def _listing(draw: Draw, number: int, rules: list[Rule]) -> list[dict[str, Any]]:
    """A place that somebody else lists, and figures found about it, which no total may hold."""
    name = f"{LIST}/documents/fiche{number}"
    about = _about(draw, name + "#place", "")
    listing = _envelope("Listing", name, LIST, 1) | {"name": "Lieu", "about": about}
    listing |= {"schema:isBasedOn": "census 2025", "tl:rowId": "1", "tl:rowDigest": "0" * 64}
    told: Told = {}
    for rule in rules:
        _say(draw, told, rule, "year")
    found = [
        _report(name + "#place", f"{name}/figures/{period}", LIST, 1, "public", said) | {"schema:isBasedOn": "census"}
        for period, said in told.items()
    ]
    return [listing, *found]


def _asked(rule: Rule) -> list[Rule]:
    """The questions that places are asked so that this one has an answer."""
    return [r for r in (indicators()[name] for name in sorted(rule.questions)) if r.origin == "entered"]


@st.composite
def networks(draw: Draw) -> Network:
    """One to six places, some listings, and what was said of a few questions."""
    names = sorted(indicators())
    by_months = [name for name in names if any("month" in rule.periods for rule in _asked(indicators()[name]))]
    targets = draw(st.lists(st.sampled_from(names) | st.sampled_from(by_months), min_size=1, max_size=4, unique=True))
    by_id: Mapping[str, Rule] = {rule.id: rule for name in targets for rule in _asked(indicators()[name])}
    rules = list(by_id.values())
    said, actors = [], []
    for number in range(draw(st.integers(1, 6))):
        actor, documents = _place(draw, number, rules)
        actors.append(actor)
        said += documents
    for number in range(draw(st.integers(0, 2))):
        said += _listing(draw, number, rules)
    if draw(st.booleans()):  # heard in another order: old versions late
        said = draw(st.permutations(said))
    strangers = draw(st.sets(st.sampled_from(actors), max_size=1)) if len(actors) > 1 else set()
    return Network(tuple(said), frozenset([*actors, LIST]) - strangers)
