"""Reports of places that do not exist, made another way than `simulated`: the rules must not suit that one alone.

A place is a mixture of activities, each with amounts of its own, drawn apart; sums make the total, part of what is
known is told, over several years from its opening on. Nothing here reads the limits, and nothing of `simulated`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from vocab.model import Observation
from vocab.reference import indicators

Year = dict[str, Decimal]
NOW = 2025


@dataclass
class Told:
    """A place with what it tells, year by year; what is wrong in its last year, and how: kind and questions."""

    name: str
    years: dict[int, Year]
    kind: str = ""
    wrong: frozenset[str] = frozenset()
    source: str = ""  # of a copy: the place that was copied

    @property
    def report(self) -> Year:
        return self.years[NOW]


def observations(told: Told, years: tuple[int, ...] = ()) -> Iterator[Observation]:
    """What the place tells of these years, of all when none is named."""
    for year in years or sorted(told.years):
        for name, value in told.years.get(year, {}).items():
            yield Observation(name, str(year), value, indicators()[name].unit)


def _about(random: Random, middle: float, apart: float) -> float:
    """Around `middle`, two times in three within a factor `apart`."""
    return middle * apart ** random.gauss(0, 1)


def _desks(r: Random, size: float) -> dict[str, float]:
    desks = max(3.0, size / 14)
    taken = r.betavariate(4, 5)
    days = desks * taken * r.uniform(190, 250)
    return {
        "workersPerDay": desks * taken * r.uniform(0.8, 1.6), "coworkingDays": days, "visits": days,
        "teleworkDays": days * r.betavariate(2, 4), "seatHoursOffered": desks * r.uniform(1500, 2600),
        "seatHoursUsed": days * r.uniform(5.5, 7.5), "uniqueUsers": days / _about(r, 28, 1.6),
        "residentOrganizations": max(1.0, desks * taken / r.uniform(1.2, 3)),
        "operatingIncome": days * r.uniform(11, 21), "directJobsFte": 0.3 + desks / 60,
    }  # fmt: skip


def _stage(r: Random, size: float) -> dict[str, float]:
    weeks = r.uniform(26, 48)  # some close in winter
    events = max(4.0, weeks * r.uniform(0.4, 2.2) * min(2.0, (size / 400) ** 0.4))
    public = events * min(_about(r, 16 + size**0.5, 1.4), 900)
    return {
        "events": events, "eventAttendance": public, "freeAttendance": public * r.betavariate(4, 3), "visits": public,
        "uniqueUsers": public / r.uniform(1.6, 4), "operatingIncome": public * r.uniform(5, 22),
        "directJobsFte": 0.4 + public / 9000, "volunteers": 4 + events / r.uniform(2, 7),
    }  # fmt: skip


def _workshop(r: Random, size: float) -> dict[str, float]:
    machines = max(4.0, size / r.uniform(18, 45))
    brought = _about(r, 130, 1.9)
    trainees = _about(r, 55, 1.7)
    return {
        "sharedEquipment": machines, "sharedEquipmentUses": machines * _about(r, 30, 1.5), "objectsBrought": brought,
        "objectsRepaired": brought * r.betavariate(6, 4), "massReused": brought * r.uniform(1.2, 6),
        "traineesCount": trainees, "trainingHours": trainees * r.uniform(5, 24),
        "visits": machines * _about(r, 55, 1.4), "uniqueUsers": _about(r, 140, 1.5),
        "openDocuments": r.uniform(1, 14), "volunteers": r.uniform(5, 28),
        "operatingIncome": trainees * r.uniform(90, 420) + machines * r.uniform(300, 1100),
        "directJobsFte": 0.7 + machines / 25,
    }  # fmt: skip


def _counter(r: Random, size: float) -> dict[str, float]:
    a_day = _about(r, 22 + size / 30, 1.4)
    days = r.uniform(3, 6) * r.uniform(30, 50)
    visits = a_day * days
    return {
        "visits": visits, "uniqueUsers": visits / r.uniform(5, 13), "operatingIncome": visits * r.uniform(4, 12),
        "events": r.uniform(12, 70), "eventAttendance": r.uniform(12, 70) * r.uniform(9, 28),
        "volunteers": r.uniform(5, 30), "directJobsFte": 0.5 + visits / 16000,
    }  # fmt: skip


_ACTIVITIES: tuple[Callable[[Random, float], dict[str, float]], ...] = (_desks, _stage, _workshop, _counter)


def _whole(r: Random, size: float) -> dict[str, float]:
    """One to three activities under one roof, added up, and what the house as a whole needs."""
    made: dict[str, float] = {"floorArea": size, "openingHours": min(112.0, max(6.0, r.gauss(36, 13)))}
    doing = r.sample(_ACTIVITIES, r.choice((1, 1, 2, 2, 3)))
    for activity in doing:
        for name, value in activity(r, size * r.uniform(0.3, 0.9) / len(doing) ** 0.5).items():
            made[name] = made.get(name, 0.0) + value
    income = made["operatingIncome"] / r.uniform(0.4, 0.9)
    jobs = max(made["directJobsFte"], income / _about(r, 70_000, 1.25))
    regular, costs = made["uniqueUsers"] * r.betavariate(2, 7), income * r.uniform(0.86, 1.12)
    bought = costs * r.uniform(0.18, 0.5)
    members = _about(r, 30 + regular * 0.8, 1.5)
    helping = made.get("volunteers", r.uniform(2, 16))
    made |= {
        "operatingIncome": income, "ownResources": made["operatingIncome"] * r.uniform(0.9, 1),
        "publicFunding": income - made["operatingIncome"], "operatingCosts": costs, "purchases": bought,
        "localPurchases": bought * r.betavariate(3, 3), "cash": costs * r.uniform(0.06, 0.5),
        "directJobsFte": jobs, "regularUsers": regular, "members": members,
        "votersEntitled": members * r.uniform(0.85, 1), "votersPresent": members * r.uniform(0.15, 0.6),
        "volunteers": helping, "volunteerHours": helping * _about(r, 38, 1.5), "energyUse": size * _about(r, 105, 1.45),
        "partners": _about(r, 11, 1.6), "surveyRespondents": regular * r.uniform(0.3, 0.9),
        "boardSize": r.uniform(5, 16),
    }  # fmt: skip
    made |= {"tiesCreated": made["surveyRespondents"] * r.betavariate(4, 4), "boardWomen": made["boardSize"] * 0.5}
    if r.random() < 0.4:
        made |= {"outdoorArea": size * _about(r, 0.6, 2), "reusedFloorArea": size * r.uniform(0.3, 1)}
    return made


_EXACT = {"{EUR}": 0.45, "kW.h": 0.5}  # how often books and meters are copied to the last digit


def _written(name: str, value: float, r: Random) -> Decimal:
    """As people write: accounts and meters to the unit, what was estimated rounded."""
    rule = indicators()[name]
    counted = rule.unit.startswith("{") and rule.unit not in ("{EUR}", "{FTE}")
    if rule.unit in ("{FTE}", "h/wk") and value < 60:
        return Decimal(str(round(value * 2) / 2 or 0.5))
    if value >= 60 and r.random() > _EXACT.get(rule.unit, 0.55):
        value = float(f"{value:.{r.choice((1, 2))}g}")
    return Decimal(round(value) if counted or value >= 1 else 1)


def _said(made: dict[str, float], asked: list[str], r: Random) -> Year:
    year = {name: _written(name, made[name], r) for name in asked}
    for name in asked:  # who writes looks at the two lines that follow each other
        limit = year.get(indicators()[name].not_above)
        if limit is not None and year[name] > limit:
            year[name] = limit
    return year


def _sizes(r: Random) -> float:
    """Half small, a few very large halls."""
    return _about(r, *r.choices(((110, 1.6), (420, 1.7), (1500, 1.6), (4500, 1.5)), (40, 40, 15, 5))[0])


def place(name: str, seed: str) -> Told:
    """A place without a mistake: one to five years, a few questions or most of them."""
    r = Random(seed)
    made = _whole(r, max(25.0, _sizes(r)))
    usual = list(made)
    r.shuffle(usual)
    asked = set(usual[: r.choice((r.randint(2, 6), r.randint(8, 16), len(usual)))])
    years: dict[int, Year] = {}
    opened = NOW - r.choice((0, 0, 1, 1, 2, 3, 4))
    for year in range(opened, NOW + 1):
        share = r.uniform(0.35, 0.9) if year == opened < NOW else 1.0  # opened in the course of it
        flow = {n: v * (share if indicators()[n].kind == "flow" else 1) for n, v in made.items()}
        years[year] = _said(flow, [n for n in indicators() if n in asked], r)
        growth = r.gauss(1.06, 0.1)
        made = {n: v * (1 if n in ("floorArea", "boardSize", "openingHours", "outdoorArea", "reusedFloorArea")
                        else max(0.5, growth * r.gauss(1, 0.12))) for n, v in made.items()}  # fmt: skip
    return Told(name, years)
