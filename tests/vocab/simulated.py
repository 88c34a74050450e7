"""Reports of places that do not exist, with mistakes put into them: what the plausibility rules are measured on.

A `World` is how large places are and how much one differs from the next. The limits were looked at in `NEAR`, then in
`FAR`, which has other sizes, other ratios and wider noise; never in `UNSEEN`. Nothing here reads the limits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from vocab.model import Observation
from vocab.reference import indicators

Report = dict[str, Decimal]
PAIRS = (("volunteers", "volunteerHours"), ("traineesCount", "trainingHours"))


@dataclass(frozen=True)
class World:
    """`noise`: what one ratio of a place differs from the usual one, in decades (standard deviation).
    `strange`: what the usual ratios of this world differ from what we believe of France, in decades."""

    area: float
    spread: float
    noise: float
    strange: float = 0.0
    growth: float = 0.06
    profiles: Mapping[str, float] = field(
        default_factory=lambda: {"coworking": 4, "maker": 2, "cultural": 2, "cafe": 3}
    )


NEAR = World(area=450, spread=0.5, noise=0.18)
FAR = World(
    area=700, spread=0.5, noise=0.26, strange=0.16, growth=0.1,
    profiles={"coworking": 1, "maker": 3, "cultural": 3, "cafe": 3, "wasteland": 2},
)  # fmt: skip

UNSEEN = World(
    area=380, spread=0.52, noise=0.23, strange=0.15, growth=0.08,
    profiles={"cafe": 2, "maker": 3, "cultural": 1, "coworking": 2, "wasteland": 0.5},
)  # fmt: skip

# Worlds less kind than ours: each turns one thing up until it is hardly believable.
HARDER = {
    "places differ more": replace(UNSEEN, noise=0.35),
    "other ratios": replace(UNSEEN, strange=0.3),
    "very large places": replace(UNSEEN, area=4_000, spread=0.3),
    "very small places": replace(UNSEEN, area=60, spread=0.3),
    "years differ more": replace(UNSEEN, growth=0.25),
}

# What a place has: of what, how much of it, who has it at all (a share, or by profile).
_MADE: tuple[tuple[str, str, float, Mapping[str, float]], ...] = (
    ("floorArea", "area", 1, {}),
    ("outdoorArea", "area", 0.7, {"coworking": 0.3}),
    ("reusedFloorArea", "area", 0.6, {"coworking": 0.5}),
    ("workersPerDay", "area", 0.03, {"cafe": 0.5}),
    ("directJobsFte", "area", 0.006, {"cafe": 0.8}),
    ("residentOrganizations", "workersPerDay", 0.45, {"cafe": 0.4}),
    ("hostedJobsFte", "residentOrganizations", 2.2, {"cafe": 0.4}),
    ("coworkingDays", "workersPerDay", 160, {"cultural": 0.3, "cafe": 0.4}),
    ("teleworkDays", "coworkingDays", 0.3, {}),
    ("seatHoursOffered", "coworkingDays", 25, {}),
    ("seatHoursUsed", "seatHoursOffered", 0.35, {}),
    ("visits", "area", 14, {}),
    ("uniqueUsers", "visits", 0.12, {}),
    ("regularUsers", "uniqueUsers", 0.2, {}),
    ("surveyRespondents", "regularUsers", 0.6, {}),
    ("tiesCreated", "surveyRespondents", 0.5, {}),
    ("workChanged", "surveyRespondents", 0.3, {}),
    ("events", "area", 0.1, {}),
    ("eventAttendance", "events", 35, {}),
    ("freeAttendance", "eventAttendance", 0.5, {}),
    ("organizationsCreated", "residentOrganizations", 0.2, {}),
    ("traineesCount", "directJobsFte", 40, {}),
    ("trainingHours", "traineesCount", 14, {}),
    ("integrationBeneficiaries", "directJobsFte", 3, {"coworking": 0.05, "cafe": 0.1, "cultural": 0.2, "maker": 0.3}),
    ("integrationExits", "integrationBeneficiaries", 0.5, {}),
    ("integrationPositiveExits", "integrationExits", 0.55, {}),
    ("operatingIncome", "directJobsFte", 62000, {}),
    ("ownResources", "operatingIncome", 0.55, {}),
    ("publicFunding", "operatingIncome", 0.35, {"coworking": 0.8}),
    ("topFunderAmount", "operatingIncome", 0.25, {}),
    ("operatingCosts", "operatingIncome", 0.98, {}),
    ("purchases", "operatingCosts", 0.35, {}),
    ("localPurchases", "purchases", 0.45, {}),
    ("cash", "operatingCosts", 0.25, {}),
    ("investment", "operatingIncome", 0.3, {"coworking": 0.6, "cafe": 0.5}),
    ("volunteers", "directJobsFte", 6, {"coworking": 0.4}),
    ("volunteerHours", "volunteers", 42, {}),
    ("usersKnownResidence", "uniqueUsers", 0.3, {}),
    ("usersFromQpv", "usersKnownResidence", 0.12, {"cafe": 0.4}),
    ("usersFromEpci", "usersKnownResidence", 0.7, {}),
    ("openDocuments", "directJobsFte", 1.5, {"coworking": 0.3, "cafe": 0.3}),
    ("hoursGiven", "directJobsFte", 40, {"coworking": 0.5}),
    ("hoursReceived", "hoursGiven", 0.8, {}),
    ("reciprocityTarget", "hoursGiven", 1.2, {}),
    ("sharedEquipment", "area", 0.02, {}),
    ("sharedEquipmentUses", "sharedEquipment", 25, {}),
    ("placesHelped", "directJobsFte", 1, {"coworking": 0.4, "cafe": 0.3}),
    ("energyUse", "area", 110, {}),
    ("commuteKmAvoided", "teleworkDays", 24, {}),
    ("ghgAvoided", "commuteKmAvoided", 0.18, {}),
    ("objectsBrought", "events", 4, {"coworking": 0.1, "cultural": 0.1, "cafe": 0.4}),
    ("objectsRepaired", "objectsBrought", 0.6, {}),
    ("massReused", "objectsRepaired", 4, {}),
    ("visitsKnownMode", "visits", 0.3, {}),
    ("visitsSoftMode", "visitsKnownMode", 0.45, {}),
    ("partners", "some", 9, {}),
    ("members", "regularUsers", 0.9, {"coworking": 0.5}),
    ("votersEntitled", "members", 0.95, {}),
    ("votersPresent", "votersEntitled", 0.35, {}),
    ("boardSize", "few", 9, {}),
    ("boardWomen", "boardSize", 0.45, {}),
)  # fmt: skip
_SHARES = {name: rule.not_above for name, rule in indicators().items() if rule.not_above}
_SHARES |= {"purchases": "operatingCosts", "votersEntitled": "members", "usersKnownResidence": "uniqueUsers"}
_SIZE = {"coworking": 1.0, "maker": 1.3, "cultural": 2.0, "cafe": 0.35, "wasteland": 9.0}
_WEEK = 168.0
_ZERO = {"organizationsCreated", "investment", "placesHelped", "openDocuments", "hoursGiven", "teleworkDays"}


def _usual(world: World, random: Random) -> dict[str, float]:
    """How much of what, in this world."""
    return {name: factor * 10 ** random.gauss(0, world.strange) for name, _, factor, _ in _MADE}


def _rounded(name: str, value: float, random: Random) -> Decimal:
    """As people write: whole persons, and round figures every other time."""
    rule = indicators()[name]
    whole = rule.kind == "heads" or rule.unit.strip("{}") in (
        "event",
        "visit",
        "object",
        "organization",
        "person",
        "use",
        "document",
        "reuse",
    )
    if value >= 100 and random.random() < 0.4:
        step = 10 ** (len(str(int(value))) - 2)
        value = round(value / step) * step
    if whole or value >= 20:
        return Decimal(round(value))
    return Decimal(str(round(value, 1)))


def _place(world: World, usual: Mapping[str, float], random: Random) -> dict[str, float]:
    """Every figure of one place, unrounded; what it does not have is absent."""
    profile = random.choices(list(world.profiles), list(world.profiles.values()))[0]
    has = {"area": min(max(world.area * _SIZE[profile] * 10 ** random.gauss(0, world.spread), 25), 30_000)}
    has |= {"some": has["area"] ** 0.5 / 20, "few": has["area"] ** 0.2 / 3.3}
    hours = min(_WEEK, max(4.0, random.gauss(38, 14)))
    made = {"openingHours": hours} | has
    for name, base, _, who in _MADE:
        if base not in made or random.random() >= who.get(profile, 1):
            continue
        value = made[base] * usual[name] * 10 ** random.gauss(0, world.noise)
        above = made.get(_SHARES.get(name, ""))
        made[name] = value if above is None else min(value, 0.97 * above)
    return {name: value for name, value in made.items() if name in indicators()}


def _year(made: Mapping[str, float], random: Random) -> Report:
    report = {name: _rounded(name, value, random) for name, value in made.items()}
    return {name: value for name, value in report.items() if value > 0 or name in _ZERO}


def _grown(made: Mapping[str, float], world: World, random: Random) -> dict[str, float]:
    steady = {name for name, rule in indicators().items() if rule.kind == "stock" and rule.unit == "m2"}
    grown = {n: v if n in steady else v * 10 ** random.gauss(0.01, world.growth) for n, v in made.items()}
    return grown | {"openingHours": min(grown["openingHours"], _WEEK)}


@dataclass
class Case:
    """One place: its report, last year's, and the mistake put in: a kind, and the questions that are wrong."""

    place: str
    report: Report
    before: Report
    kind: str = ""
    wrong: frozenset[str] = frozenset()


def places(world: World, seed: int, count: int, figures: int) -> list[Case]:
    """Places without a mistake, each with about so many figures and last year's."""
    random = Random(f"{seed} places")
    usual = _usual(world, random)
    cases = []
    while len(cases) < count:
        made = _place(world, usual, random)
        later = _grown(made, world, random)
        report, before = _year(later, random), _year(made, random)
        tiers = {"core": 6.0, "standard": 2.0, "component": 1.0}
        kept = sorted(report, key=lambda n: random.random() ** (1 / tiers[indicators()[n].tier]), reverse=True)[
            :figures
        ]
        report = {name: report[name] for name in indicators() if name in kept}
        cases.append(Case(f"lieu-{len(cases)}", report, {n: before[n] for n in report if n in before}))
    return cases


# Mistakes. Each changes the report, and says which questions are now wrong; None where it cannot be made.


def _scaled(case: Case, random: Random, factor: Decimal) -> frozenset[str] | None:
    whole = {n for n, r in indicators().items() if r.unit in ("{event}", "{visit}", "{object}", "{organization}")}
    able = [
        name
        for name, value in case.report.items()
        if value > 0 and indicators()[name].unit not in ("1", "h/wk", "a")
        and (factor > 1 or not (name in whole or indicators()[name].kind == "heads") or value * factor >= 1)
    ]  # fmt: skip
    if not able:
        return None
    name = random.choice(able)
    changed = case.report[name] * factor
    case.report[name] = Decimal(round(changed)) if indicators()[name].kind == "heads" or name in whole else changed
    return frozenset({name})


def _swapped(case: Case, random: Random) -> frozenset[str] | None:
    able = [pair for pair in PAIRS if set(pair) <= case.report.keys() and case.report[pair[0]] < case.report[pair[1]]]
    if not able:
        return None
    heads, hours = random.choice(able)
    case.report[heads], case.report[hours] = Decimal(round(case.report[hours])), case.report[heads]
    return frozenset({heads, hours})


def _hours_for_heads(case: Case, random: Random) -> frozenset[str] | None:
    able = [
        pair for pair in PAIRS if set(pair) <= case.report.keys() and case.report[pair[1]] > 3 * case.report[pair[0]]
    ]
    if not able:
        return None
    heads, hours = random.choice(able)
    case.report[heads] = Decimal(round(case.report[hours]))
    return frozenset({heads, hours})


def _mean(case: Case, _: Random) -> frozenset[str] | None:
    events, total = (case.report.get(name, Decimal(0)) for name in ("events", "eventAttendance"))
    if events < 5 or total < events:
        return None
    case.report["eventAttendance"] = Decimal(round(total / events))
    return frozenset({"eventAttendance"})


def _template(case: Case, random: Random) -> frozenset[str] | None:
    able = [name for name in case.report if indicators()[name].unit not in ("1", "h/wk", "a")]
    names = random.sample(able, min(len(able), random.choice((3, 4, 6, 8))))
    if len(names) < 3:
        return None
    example = Decimal(random.choice(("123", "999", "12345", "100", "1000", "42", "250")))
    case.report |= dict.fromkeys(names, example)
    return frozenset(names)


_BLANK = ("visits", "uniqueUsers", "regularUsers", "operatingIncome", "ownResources", "operatingCosts", "purchases",
          "floorArea", "energyUse", "members", "eventAttendance", "volunteerHours", "openingHours", "hostedJobsFte",
          "seatHoursUsed", "trainingHours", "ghgAvoided", "surveyRespondents", "partners", "teleworkDays")  # fmt: skip


def _blank(case: Case, random: Random) -> frozenset[str] | None:
    able = [name for name in case.report if name in _BLANK and case.report[name] > 0]
    if not able:
        return None
    names = random.sample(able, min(len(able), random.choice((1, 1, 2, 5))))
    case.report |= dict.fromkeys(names, Decimal(0))
    return frozenset(names)


def _copied(case: Case, other: Report) -> frozenset[str] | None:
    common = [name for name in case.report if name in other]
    if len(common) < 4:
        return None
    case.report.clear()
    case.report |= {name: other[name] for name in common}
    return frozenset(common)


KINDS = ("x1000", "÷1000", "x1000000", "swap", "hours for heads", "mean for total", "template", "blank as 0",
         "copy of last year", "copy of another place")  # fmt: skip
MEANT = {
    "x1000": "thousands millions", "÷1000": "thousands millions", "x1000000": "thousands millions", "swap": "hours",
    "hours for heads": "hours", "mean for total": "mean", "template": "template", "blank as 0": "zero hours",
    "copy of last year": "copy", "copy of another place": "copy",
}  # fmt: skip


def _put(case: Case, kind: str, others: list[Case], random: Random, with_before: bool) -> frozenset[str] | None:
    if kind in ("x1000", "÷1000", "x1000000"):
        factor = {"x1000": "1000", "÷1000": "0.001", "x1000000": "1000000"}[kind]
        return _scaled(case, random, Decimal(factor))
    if kind == "copy of last year":
        return _copied(case, case.before) if with_before else None
    if kind == "copy of another place":
        return _copied(case, random.choice(others).report)
    act = {"swap": _swapped, "hours for heads": _hours_for_heads, "mean for total": _mean}
    return (act | {"template": _template, "blank as 0": _blank})[kind](case, random)


def seeded(world: World, seed: int, count: int, figures: int, with_before: bool) -> list[Case]:
    """The places of `places`, half of them with one mistake of some kind each."""
    cases, random = places(world, seed, count, figures), Random(f"{seed} mistakes")
    clean = [case for number, case in enumerate(cases) if number % 2]
    for number, case in enumerate(cases):
        kinds = [] if number % 2 else [KINDS[number // 2 % len(KINDS)], *random.sample(KINDS, len(KINDS))]
        for kind in kinds:
            if wrong := _put(case, kind, clean, random, with_before):
                case.kind, case.wrong = kind, wrong
                break
        if not with_before:
            case.before = {}
    return cases


def figures_of(report: Report, period: str) -> Iterator[Observation]:
    """The report as observations."""
    return (Observation(name, period, value, indicators()[name].unit) for name, value in report.items())
