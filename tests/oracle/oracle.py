"""What every total must be, in plain Python over the raw documents: fractions, sets and loops, and no code of ours.

It says the vocabulary's rules a second time, slowly: nothing is indexed, projected or kept.
"""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from urllib.parse import unquote

from tests.oracle.rules import Rule, dimensions, families, indicators, towns

DIVISIONS = ("country", "region", "departement", "epci", "commune", "typology", "townsize")
ADDITIVE = ("sum", "distinct", "model")
SIZES = ((2_000, "0-1999"), (10_000, "2000-9999"), (20_000, "10000-19999"), (100_000, "20000-99999"))
LN = Context(prec=50)


@dataclass(frozen=True)
class Figure:
    """One observation of the current version of a document; `age` orders what was heard."""

    place: str
    indicator: str
    period: str
    parts: frozenset[str]
    value: Fraction | None
    status: str
    method: str
    age: int


@dataclass(frozen=True)
class Said:
    """What one unit answers to one question."""

    value: Fraction | None
    status: str
    methods: frozenset[str]
    age: int
    span: frozenset[str] = frozenset()  # the months or the date it is for; empty for the whole period


@dataclass(frozen=True)
class Lieu:
    """A place of the directory."""

    iri: str
    operator: str
    answers: bool  # it describes itself; a listing does not
    is_open: bool
    age: Said | None
    areas: Mapping[str, str]


def days(period: str) -> tuple[date, date]:
    """First and last day."""
    if period.endswith("/P1Y"):
        first = date.fromisoformat(period[:10])
        month, year = (first.month - 1, first.year + 1) if first.month > 1 else (12, first.year)
        return first, date(year, month, calendar.monthrange(year, month)[1])
    if len(period) == 4:
        return date(int(period), 1, 1), date(int(period), 12, 31)
    if len(period) == 7:
        year, month = int(period[:4]), int(period[5:])
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date.fromisoformat(period), date.fromisoformat(period)


def is_year(period: str) -> bool:
    return len(period) == 4 or period.endswith("-12-31")


def year_of(period: str) -> str:
    return str(days(period)[1].year)


def current(documents: Iterable[Mapping[str, Any]], connected: frozenset[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """The highest version heard of each document of those we listen to, oldest first."""
    best: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for age, document in enumerate(documents):
        if document["attributedTo"] in connected:
            known = best.get(document["id"])
            if known is None or document["version"] > known[1]["version"]:
                best[document["id"]] = (age, document)
    return sorted(best.values(), key=lambda pair: pair[0])


def figures(age: int, report: Mapping[str, Any]) -> Iterator[Figure]:
    for said in report["observations"]:
        value = Fraction(said["value"]) if "value" in said else None
        parts = frozenset(unquote(part).removeprefix("tlc:") for part in said.get("breakdown", ()))
        name = said["indicator"].removeprefix("tli:")
        yield Figure(
            report["about"], name, said["period"], parts, value, said["obsStatus"], said.get("method", ""), age
        )


def family(codes: Iterable[str]) -> str:
    found = {families()[code] for code in codes}
    return "unstated" if not found else "hybrid" if len(found) > 1 else found.pop()


def town_size(people: int) -> str:
    if people >= 200_000:
        return "200000-"
    return next((name for below, name in SIZES if people < below), "100000-199999")


def is_open_at(about: Mapping[str, Any], end: str) -> bool:
    opened, closed = about.get("tl:opened", ""), about.get("tl:closed", "")
    if opened and opened[: len(end)] > end[: len(opened)]:
        return False
    if closed:
        return bool(closed > end[: len(closed)])
    return about["status"] in ("tlc:status/open", "tlc:status/paused", "tlc:status/unknown")


def age_at(about: Mapping[str, Any], end: str) -> Said | None:
    """Whole years since the place opened, while it is open; a guess where the day is not said and would change it."""
    opened = about.get("tl:opened", "")
    if not opened or not is_open_at(about, end):
        return None
    ages = [max(0, int(end[:4]) - day.year - (end[5:] < day.isoformat()[5:])) for day in days(opened)]
    return Said(Fraction(min(ages)), "A" if ages[0] == ages[1] else "E", frozenset(), 0)


def lieu(document: Mapping[str, Any], end: str) -> Lieu:
    about = document["about"]
    host = about["id"].split("/")[2]
    town = towns()[about["commune"]]
    areas = {
        "country": "FR",
        "region": town.region,
        "departement": town.departement,
        "epci": town.epci,
        "commune": about["commune"],
        "typology": family(code.rsplit("/", 1)[-1] for code in about.get("typology", ())),
        "townsize": town_size(town.people),
    }
    operator = about["operator"]["id"] if "operator" in about else f"urn:x-unknown-operator:{host}"
    itself = "Description" in document["type"]
    return Lieu(about["id"], operator, itself, is_open_at(about, end), age_at(about, end), areas)


def worst(statuses: Iterable[str]) -> str:
    found = set(statuses)
    return "E" if "E" in found else "P" if "P" in found else "A"


def together(answers: list[Said], value: Fraction | None, status: str = "") -> Said:
    methods = frozenset().union(*(answer.methods for answer in answers))
    return Said(value, status or worst(a.status for a in answers), methods, max(a.age for a in answers))


def plain(figure: Figure) -> Said:
    given = figure.value if figure.status in ("A", "E", "P") else None
    methods = frozenset([figure.method]) - {""}
    return Said(given, figure.status, methods, figure.age)


def at(rule: Rule, said: list[Figure]) -> Said | None:
    """From the figures of one place for one period: the total, else a complete partition."""
    newest = {figure.parts: figure for figure in sorted(said, key=lambda f: f.age)}
    if frozenset() in newest:
        return plain(newest[frozenset()])
    for name in rule.dimensions:
        dimension = dimensions()[name]
        if rule.sites not in ADDITIVE:
            continue
        if not (dimension.adds_up_for_persons if rule.kind == "heads" else dimension.adds_up):
            continue
        parts = [newest.get(frozenset([f"{name}/{code}"])) for code in dimension.codes]
        if any(part is None or (part.value is None and part.status != "M") for part in parts):
            continue
        given = [plain(part) for part in parts if part is not None and part.value is not None]
        if not given or (rule.kind == "model" and len({answer.methods for answer in given}) > 1):
            continue
        return together(given, sum(a.value or Fraction(0) for a in given) + Fraction(0))
    return None


def from_dates(rule: Rule, periods: Mapping[str, list[Figure]], year: str) -> Said | None:
    for day in sorted((p for p in periods if len(p) == 10 and p[:4] == year), reverse=True):
        found = at(rule, periods[day])
        if found is not None:
            guess = rule.kind == "stock" and not day.endswith("-12-31") and found.value is not None
            return Said(found.value, "E" if guess else found.status, found.methods, found.age, frozenset([day]))
    return None


def from_accounts(rule: Rule, periods: Mapping[str, list[Figure]], year: str) -> Said | None:
    """The exercise that ends in the year, unless days of it are in a year, or in an earlier exercise, also given."""
    years = {p: at(rule, said) for p, said in periods.items() if len(p) == 4 or p.endswith("/P1Y")}
    given = {p for p, answer in years.items() if answer is not None and answer.value is not None}
    for period in sorted(p for p in years if p.endswith("/P1Y") and year_of(p) == year):
        first, last = days(period)
        rivals = [p for p in given - {period} if len(p) == 4 or p < period]
        if any(days(p)[0] <= last and first <= days(p)[1] for p in rivals):
            continue
        if (found := years[period]) is not None:
            guess = rule.kind == "stock" and found.value is not None
            return Said(found.value, "E" if guess else found.status, found.methods, found.age)
    return None


def from_months(rule: Rule, periods: Mapping[str, list[Figure]], year: str) -> Said | None:
    if "month" not in rule.periods or rule.time not in ("sum", "mean"):
        return None
    months = {p: at(rule, said) for p, said in periods.items() if len(p) == 7 and p[:4] == year}
    given = {month: answer for month, answer in months.items() if answer is not None and answer.value is not None}
    if not given:
        return None
    value = sum(answer.value or Fraction(0) for answer in given.values()) + Fraction(0)
    answer = together(list(given.values()), value, "" if len(given) == 12 else "E")
    span = frozenset() if len(given) == 12 else frozenset(given)
    return Said(answer.value, answer.status, answer.methods, answer.age, span)


def answer(rule: Rule, said: list[Figure], period: str) -> Said | None:
    """What one place answers to one question."""
    periods: dict[str, list[Figure]] = {}
    for figure in said:
        periods.setdefault(figure.period, []).append(figure)
    if not is_year(period):
        return at(rule, periods.get(period, []))
    year = period[:4]
    found = at(rule, periods.get(year, []))
    if found is None and "date" in rule.periods:
        found = from_dates(rule, periods, year)
    return found or from_accounts(rule, periods, year) or from_months(rule, periods, year)


def of_unit(rule: Rule, places: Mapping[str, list[Figure]], period: str) -> Said | None:
    """What is asked of an operator counts once, as last said; what is asked of its places adds up."""
    answers = [a for a in (answer(rule, said, period) for said in places.values()) if a is not None]
    answers.sort(key=lambda a: a.age, reverse=True)
    given = [a for a in answers if a.value is not None]
    if len(given) > 1 and rule.asked_of == "place" and rule.sites == "sum":
        return together(given, sum(a.value or Fraction(0) for a in given) + Fraction(0))
    return (given or answers or [None])[0]


def entropy(rule: Rule, said: list[Figure], period: str) -> Said | None:
    """How mixed the first breakdown of persons of one place is."""
    source = indicators()[rule.operands[0]]
    name = next(name for name in source.dimensions if dimensions()[name].adds_up_for_persons)
    parts = {f.parts: f for f in sorted(said, key=lambda f: f.age) if f.period == period}
    given = [
        f
        for codes, f in parts.items()
        if len(codes) == 1 and next(iter(codes)).startswith(name + "/") and f.value is not None
    ]
    values = [f.value or Fraction(0) for f in given]
    whole = sum(values)
    if len(values) < 2 or not whole:
        return None
    mixed = Decimal(0)
    for value in filter(None, values):
        share = LN.divide(Decimal((value / whole).numerator), Decimal((value / whole).denominator))
        mixed = LN.subtract(mixed, LN.multiply(share, share.ln(LN)))
    value = Fraction(LN.divide(mixed, Decimal(len(values)).ln(LN)))
    return Said(value, worst(f.status for f in given), frozenset(), 0)


def computed(rule: Rule, parts: list[Said]) -> Fraction | None:
    """The figure of one unit from its own answers."""
    first, second = (part.value or Fraction(0) for part in parts)
    if rule.kind == "ratio":
        return first * Fraction(rule.scale) / second if second else None
    if rule.formula == "difference":
        return first - second
    if rule.formula == "not-negative":
        return Fraction(int(first >= second))
    if rule.formula == "evenness":
        return min(first, second) / max(first, second) if max(first, second) else None
    raise AssertionError(rule.formula)


def alike(rule: Rule, asked: Mapping[str, dict[str, list[Figure]]], period: str) -> dict[str, dict[str, list[Figure]]]:
    """A ratio speaks of one span: where either part is known for some months only, or both for a day, of what both
    parts are known for."""
    kept = {name: dict(places) for name, places in asked.items()}
    top, bottom = (kept.get(name, {}) for name in (rule.top, rule.bottom))
    for place in top.keys() & bottom.keys() if rule.kind == "ratio" and is_year(period) else ():
        rules = [indicators()[name] for name in (rule.top, rule.bottom)]
        both = [answer(r, said[place], period) for r, said in zip(rules, (top, bottom), strict=True)]
        if any(a is None or a.value is None for a in both) or any(r.kind == "stock" for r in rules):
            continue
        of = [a.span for a in both if a is not None]
        length = 7 if any(len(p) == 7 for span in of for p in span) else 10 if all(of) and of[0] != of[1] else 0
        if not length:
            continue
        spans = [{f.period for f in said[place] if len(f.period) == length} for said in (top, bottom)]
        known = [
            {p for p in some if (a := at(r, [f for f in said[place] if f.period == p])) and a.value is not None}
            for r, said, some in zip(rules, (top, bottom), spans, strict=True)
        ]
        common = known[0] & known[1]
        for said in (top, bottom):
            said[place] = [f for f in said[place] if f.period in common]
    return kept


Asked = dict[str, dict[str, list[Figure]]]  # question → place → figures


def by_unit(rule: Rule, said: list[Figure], lieux: list[Lieu]) -> dict[str, Asked]:
    """The figures that bear on a question, by who is asked it."""
    units: dict[str, Asked] = {}
    for place in lieux:
        unit = place.operator if rule.asked_of == "operator" else place.iri
        for figure in said:
            if figure.place == place.iri and figure.indicator in rule.questions:
                places = units.setdefault(unit, {}).setdefault(figure.indicator, {})
                places.setdefault(place.iri, []).append(figure)
    return units


def made(rule: Rule, asked: Asked, mine: dict[str, Said], period: str) -> Said | None:
    """What is computed from the answers of one unit."""
    parts = [mine.get(name) for name in rule.made_of]
    told = [part for part in parts if part is not None and part.value is not None]
    if rule.formula == "entropy":
        parted = [figure for said in asked.get(rule.operands[0], {}).values() for figure in said]
        return entropy(rule, parted, period[:4] if is_year(period) else period)
    if any(part is not None and part.status == "M" for part in parts):
        return Said(None, "M", frozenset(), 0)
    value = computed(rule, told) if parts and len(told) == len(parts) else None
    return None if value is None else together(told, value)


def unit_answers(rule: Rule, said: list[Figure], lieux: list[Lieu], period: str) -> dict[str, dict[str, Said]]:
    """Unit, question, answer: the question itself, computed where it is, and what it is made of."""
    found: dict[str, dict[str, Said]] = {}
    for unit, asked in by_unit(rule, said, lieux).items():
        answers = {n: of_unit(indicators()[n], places, period) for n, places in alike(rule, asked, period).items()}
        mine = found[unit] = {name: a for name, a in answers.items() if a is not None}
        figure = made(rule, asked, mine, period)
        if figure is not None:
            mine[rule.id] = figure
    for place in lieux if rule.formula == "age" else ():
        if place.answers and place.age is not None:
            found[place.iri] = {rule.id: place.age}
    return found


def most_used(given: dict[str, list[Said]]) -> dict[str, list[Said]]:
    """Versions never mix: the answers of the version that most use, the latest of equals."""
    by_method: dict[frozenset[str], dict[str, list[Said]]] = {}
    for unit, answers in given.items():
        by_method.setdefault(answers[0].methods, {})[unit] = answers
    by_use = sorted(by_method.values(), key=lambda some: (len(some), numbered(next(iter(some.values()))[0])))
    return by_use[-1] if by_use else {}


def numbered(said: Said) -> list[tuple[int, str]]:
    """`v9` before `v10`."""
    name = "+".join(sorted(said.methods))
    digits = "".join(c if c.isdigit() else " " for c in name).split()
    words = "".join(" " if c.isdigit() else c for c in name).split()
    return [(int(n), w) for n, w in zip(digits or ["0"], words or [""], strict=False)]


def value_of(rule: Rule, given: dict[str, list[Said]]) -> Fraction | None:
    """The rule across sites."""
    columns = list(zip(*([a.value or Fraction(0) for a in answers] for answers in given.values()), strict=True))
    if not columns or rule.sites == "none":
        return None
    if rule.sites == "ratio":
        top, bottom = (sum(column, Fraction(0)) for column in columns)
        return top * Fraction(rule.scale) / bottom if bottom else None
    if rule.sites == "wmean":
        weights = sum(columns[1], Fraction(0))
        top = sum((v * w for v, w in zip(*columns, strict=True)), Fraction(0))
        return top / weights if weights else None
    if rule.sites == "share":
        return sum(columns[0], Fraction(0)) / len(columns[0])
    return sum(columns[0], Fraction(0))


def aggregate(rule: Rule, said: list[Figure], lieux: list[Lieu], period: str) -> dict[str, Any]:
    """One total of a question asked of places or operators."""
    answers = unit_answers(rule, said, lieux, period)
    wanted = {"ratio": (rule.top, rule.bottom), "wmean": (rule.id, rule.weight)}.get(rule.sites, (rule.id,))
    given = {
        unit: [mine[name] for name in wanted]
        for unit, mine in answers.items()
        if all(name in mine and mine[name].value is not None for name in wanted)
    }
    if rule.sites in ("wmean", "model"):
        given = most_used(given)
    asked = rule.made_of or (rule.id,)
    beside = {unit for unit, mine in answers.items() if any(n in mine and mine[n].status == "M" for n in asked)}

    def unit(place: Lieu) -> str:
        return place.operator if rule.asked_of == "operator" else place.iri

    used = set(given)
    connected = {unit(p) for p in lieux if p.answers} - beside
    known = ({unit(p) for p in lieux if p.is_open} - beside) | used
    value = value_of(rule, given)
    statuses = [a.status for some in given.values() for a in some]
    versions = (some[:1] if rule.sites == "wmean" else some for some in given.values())
    return {
        "value": written(value, exact=rule.sites in ADDITIVE),
        "obsStatus": worst(statuses) if value is not None else "M" if beside and not connected else "L",
        "n_operators": len({p.operator for p in lieux if unit(p) in used}),
        "n_reporting": len(used),
        "n_connected": len(connected),
        "n_known": len(known),
        "coverage": share(len(used & connected), len(connected)),
        "coverage_known": share(len(used), len(known)),
        "methods": tuple(sorted(frozenset().union(*(a.methods for some in versions for a in some)))),
    }


def counted(rule: Rule, lieux: list[Lieu], people: int) -> dict[str, Any]:
    """What the directory or INSEE says, and no place."""
    open_now = [p for p in lieux if p.is_open]
    facts = {"placesCount": Fraction(len(open_now))} | ({"population": Fraction(people)} if people else {})
    value = facts.get(rule.id)
    if rule.kind == "ratio" and rule.top in facts and rule.bottom in facts:
        value = facts[rule.top] * Fraction(rule.scale) / facts[rule.bottom]
    n = 0 if value is None else len(open_now)
    return {
        "value": written(value),
        "obsStatus": "L" if value is None else "A",
        "n_operators": len({p.operator for p in open_now}) if n else 0,
        "n_reporting": n,
        "n_connected": len([p for p in lieux if p.answers]),
        "n_known": len(open_now),
        "coverage": share(len([p for p in open_now if p.answers]), len(open_now)),
        "coverage_known": None,
        "methods": (),
    }


def written(value: Fraction | None, exact: bool = False) -> str | None:
    """A decimal without needless zeros; what is divided, to six decimals, half to even."""
    if value is None:
        return None
    places = 40 if exact else 6
    digits = str(round(abs(value) * 10**places)).zfill(places + 1)
    text = f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and text != "0" else text


def share(some: int, whole: int) -> str | None:
    return written(Fraction(some, whole)) if whole else None


@cache
def inhabitants(division: str, area: str) -> int:
    """Of an administrative area or a class of size; nothing for a typology."""
    if division == "typology":
        return 0
    level = {"country": lambda c, t: "FR", "commune": lambda c, t: c, "townsize": lambda c, t: town_size(t.people)}
    find = level.get(division, lambda c, t: getattr(t, division))
    return sum(town.people for code, town in towns().items() if find(code, town) == area)


def kept_back(rule: Rule, reports: Iterable[Mapping[str, Any]], lieux: list[Lieu], period: str) -> int:
    """How many figures that are not public bear on a question."""
    here = {p.iri for p in lieux}
    return sum(
        said["indicator"].removeprefix("tli:") in rule.questions
        and (said["period"] == period or (is_year(period) and year_of(said["period"]) == period[:4]))
        for report in reports
        if report["about"] in here
        for said in report["observations"]
    )


Known = tuple[list[Lieu], list[Figure], list[Mapping[str, Any]]]


def known(documents: Iterable[Mapping[str, Any]], connected: frozenset[str], period: str) -> Known:
    """The places, the public figures that they give themselves, and their reports that are not public."""
    end = days(period)[1].isoformat()
    heard = current(documents, connected)
    lieux = [lieu(d, end) for _, d in heard if d["type"][1] in ("Description", "Listing")]
    reports = [(age, d) for age, d in heard if d["type"][1] == "Report" and "schema:isBasedOn" not in d]
    public = [f for age, d in reports if d["sharing"] == "public" for f in figures(age, d)]
    return lieux, public, [d for _, d in reports if d["sharing"] != "public"]


def answers(
    documents: Iterable[Mapping[str, Any]], connected: frozenset[str], period: str
) -> dict[tuple[str, str], tuple[str | None, str]]:
    """What each unit of the country answers, or lets compute: the value to six decimals, and the status."""
    lieux, public, _ = known(documents, connected, period)
    return {
        (rule.id, unit): (written(mine[rule.id].value), mine[rule.id].status)
        for rule in indicators().values()
        if rule.origin not in ("aggregator", "reference")
        for unit, mine in unit_answers(rule, public, lieux, period).items()
        if rule.id in mine
    }


def totals(
    documents: Iterable[Mapping[str, Any]], connected: frozenset[str], period: str
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Every total by indicator, division and area."""
    lieux, public, hidden = known(documents, connected, period)
    found = {}
    for division in DIVISIONS:
        for area in {p.areas[division] for p in lieux} - {""}:
            here = [p for p in lieux if p.areas[division] == area]
            people = inhabitants(division, area)
            for rule in indicators().values():
                if rule.origin in ("aggregator", "reference"):
                    row = counted(rule, here, people) | {"restricted_left_out": 0}
                else:
                    row = aggregate(rule, public, here, period)
                    row["restricted_left_out"] = kept_back(rule, hidden, here, period)
                found[rule.id, division, area] = row
    return found
