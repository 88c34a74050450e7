"""Mistakes as people make them, put into the places of `imagined`: what was typed, copied, or read from a wrong column.

Each changes the last year of a place and says which questions are now wrong; None where it cannot be made.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from tests.vocab.imagined import NOW, Told, Year, place
from vocab.reference import indicators, ratios

Wrong = frozenset[str] | None
_COUNTS = ("{person}", "{event}", "{visit}", "{object}", "{organization}")
_PAIRS = tuple((rule.id, rule.confused_with) for rule in indicators().values() if rule.confused_with)


def _unit(name: str) -> str:
    return indicators()[name].unit


def _whole(name: str, value: Decimal) -> Decimal:
    return Decimal(round(value)) if _unit(name) in _COUNTS or indicators()[name].kind == "heads" else value


def _one(told: Told, r: Random, able: list[str], change: Callable[[str, Decimal], Decimal]) -> Wrong:
    if not able:
        return None
    name = r.choice(able)
    new = _whole(name, change(name, told.report[name]))
    if new == told.report[name]:
        return None
    told.report[name] = new
    return frozenset({name})


def _amounts(told: Told) -> list[str]:
    return [name for name, value in told.report.items() if value > 0 and _unit(name) not in ("h/wk", "1", "a")]


def thousandfold(told: Told, r: Random) -> Wrong:
    return _one(told, r, _amounts(told), lambda _, v: v * 1000)


def thousandth(told: Told, r: Random) -> Wrong:
    """What is a count may end as a small count; nothing is left of one below 1,000."""
    able = [n for n in _amounts(told) if told.report[n] >= 1000 or _unit(n) not in _COUNTS]
    return _one(told, r, able, lambda _, v: v / 1000)


def thousands_of_euros(told: Told, r: Random) -> Wrong:
    """Accounts in k€: every amount of the report."""
    names = [name for name in told.report if _unit(name) == "{EUR}" and told.report[name] > 0]
    told.report.update({name: told.report[name] / 1000 for name in names})
    return frozenset(names) or None


def exchanged(told: Told, r: Random) -> Wrong:
    """Persons and their hours, each in the other's cell."""
    able = [p for p in _PAIRS if p[0] in told.report and told.report.get(p[1], Decimal(0)) > told.report[p[0]]]
    if not able:
        return None
    one, two = r.choice(able)
    told.report[one], told.report[two] = Decimal(round(told.report[two])), told.report[one]
    return frozenset({one, two})


def hours_as_persons(told: Told, r: Random) -> Wrong:
    able = [p for p in _PAIRS if p[0] in told.report and told.report.get(p[1], Decimal(0)) > 3 * told.report[p[0]]]
    if not able:
        return None
    heads, hours = r.choice(able)
    told.report[heads] = Decimal(round(told.report[hours]))
    return frozenset({heads, hours})


def persons_as_hours(told: Told, r: Random) -> Wrong:
    """The number of persons in the cell of their hours too."""
    able = [p for p in _PAIRS if told.report.get(p[1], Decimal(0)) > 3 * told.report.get(p[0], Decimal(0)) > 0]
    if not able:
        return None
    heads, hours = r.choice(able)
    told.report[hours] = told.report[heads]
    return frozenset({heads, hours})


def surface_and_income(told: Told, r: Random) -> Wrong:
    """m² under euros, euros under m²."""
    money, area = [n for n in told.report if _unit(n) == "{EUR}"], [n for n in told.report if _unit(n) == "m2"]
    if not money or not area:
        return None
    one, two = r.choice(money), r.choice(area)
    told.report[one], told.report[two] = told.report[two], told.report[one]
    return frozenset({one, two})


def of_one_event(told: Told, r: Random) -> Wrong:
    """A mean for each event in the place of the year's total."""
    able = [x for x in ratios() if x.may_be_mean and x.numerator in told.report]
    able = [x for x in able if 5 <= told.report.get(x.denominator, Decimal(0)) < told.report[x.numerator]]
    if not able:
        return None
    each = r.choice(able)
    mean = told.report[each.numerator] / told.report[each.denominator]
    told.report[each.numerator] = _whole(each.numerator, round(mean, 1)) or Decimal(1)
    return frozenset({each.numerator})


def _of_a_part(part: int) -> Callable[[Told, Random], Wrong]:
    def act(told: Told, r: Random) -> Wrong:
        able = [n for n in _amounts(told) if indicators()[n].kind == "flow" and told.report[n] >= 5 * part]
        return _one(told, r, able, lambda _, v: Decimal(round(v / part)))

    return act


def tenfold(told: Told, r: Random) -> Wrong:
    """A nought too many: ten times last year and more."""
    before = told.years.get(NOW - 1, {})
    able = [n for n in _amounts(told) if 10 < before.get(n, Decimal(0)) <= told.report[n]]
    return _one(told, r, able, lambda _, v: v * 10)


def last_year_again(told: Told, r: Random) -> Wrong:
    before = told.years.get(NOW - 1, {})
    moving = [n for n in told.report if n in before and indicators()[n].kind == "flow" and before[n] > 10]
    if len(moving) < 3:
        return None
    told.report.update({n: before[n] for n in told.report if n in before})
    return frozenset(told.report)


def one_number(told: Told, r: Random) -> Wrong:
    """The number of one cell dragged over its neighbours."""
    names = list(told.report)
    if len(names) < 5:
        return None
    wide = r.randint(4, min(len(names), 9))
    start = r.randint(0, len(names) - wide)
    told.report.update(dict.fromkeys(names[start : start + wide], Decimal(r.randint(11, 4000))))
    return frozenset(names[start : start + wide])


_LEFT = ("0", "1", "123", "1234", "12345", "999", "9999", "111", "1111")


def example_left(told: Told, r: Random) -> Wrong:
    """The example of a form in one to four cells; 0 and 1 only over what was clearly more."""
    left = Decimal(r.choice(_LEFT))
    able = [n for n in _amounts(told) if left > 1 or told.report[n] >= 20]
    if not able:
        return None
    names = r.sample(able, min(len(able), r.randint(1, 4)))
    told.report.update(dict.fromkeys(names, left))
    return frozenset(names)


def never_open(told: Told, r: Random) -> Wrong:
    """0 hours a week, with a year of visits or events beside."""
    if "openingHours" not in told.report or not {"visits", "events"} & told.report.keys():
        return None
    told.report["openingHours"] = Decimal(0)
    return frozenset({"openingHours"})


def hours_of_a_month(told: Told, r: Random) -> Wrong:
    """Opening hours of a month or a year in the place of those of a week."""
    able = [n for n in told.report if n == "openingHours" and told.report[n] > 8]
    return _one(told, r, able, lambda _, v: v * r.choice((26, 52)))


KINDS: dict[str, Callable[[Told, Random], Wrong]] = {
    "x1000": thousandfold, "/1000": thousandth, "k€ as €": thousands_of_euros, "exchanged": exchanged,
    "hours as persons": hours_as_persons, "persons as hours": persons_as_hours,
    "m² and € exchanged": surface_and_income, "of one event": of_one_event,
    "one number": one_number, "example left": example_left, "never open": never_open,
    "hours of a month": hours_of_a_month,
}  # fmt: skip
COPY = "of another place"
BESIDE = {"tenfold": tenfold, "last year again": last_year_again}  # seen only beside the year before
# A small place has such a year: no list of kinds holds them, the page says how many are seen all the same.
BLURRED = {"of a month": _of_a_part(12), "of a week": _of_a_part(52)}
FIRST = (*KINDS, COPY)
LATER = (*FIRST, *BESIDE)


def copy_of(told: Told, other: Told, r: Random) -> Wrong:
    """The report of another place, whole, under this name, one figure corrected or none."""
    if len(other.report) < 5 or sum(value >= 100 for value in other.report.values()) < 3:
        return None
    copied: Year = dict(other.report)
    if r.random() < 0.5:
        name = r.choice([n for n in copied if copied[n] > 0])
        copied[name] = _whole(name, copied[name] * Decimal("1.4"))
    told.years = {NOW: copied}
    told.source = other.name
    return frozenset(copied)


def world(seed: int, count: int, kinds: tuple[str, ...]) -> list[Told]:
    """So many places, every other with a mistake, the kinds in turn (another one where a kind cannot be made)."""
    places = [place(f"Lieu {seed}-{number}", f"{seed} {number}") for number in range(count)]
    r = Random(f"mistakes {seed}")
    for number, told in enumerate(places):
        turn = number // 2 % len(kinds)
        for kind in () if number % 2 else (kinds[turn], *r.sample(kinds, len(kinds))):
            other = places[r.randrange(len(places) // 2) * 2 + 1]
            act = (KINDS | BESIDE | BLURRED).get(kind)
            wrong = act(told, r) if act else copy_of(told, other, r)
            if wrong:
                told.kind, told.wrong = kind, wrong
                break
    return places
