"""What the rows of the engine mean: sums and counts become aggregates, answers of places those of units."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from node.rollup.table import part
from vocab.indicators import Aggregate, Answers, of_unit
from vocab.reference import Indicator, indicator
from vocab.resolve import Answer
from vocab.sums import AreaSums, Group, finish

Totals = Mapping[str, Aggregate]  # area → its aggregate, for every area that has a known place


def named(rule: Indicator) -> dict[str, str]:
    """What the parts of a question are called in the files, and what they are; those of a ratio are of one span."""
    if rule.across_sites == "ratio":
        return {part(rule.id, "top"): rule.numerator, part(rule.id, "bottom"): rule.denominator, rule.id: rule.id}
    return {name: name for name in (rule.id, rule.weight) if name}


def answers(rule: Indicator, said: Mapping[str, Any]) -> dict[str, Answers]:
    """The answers of the units of each area: of places, or of operators from all their places there."""
    names = named(rule)
    found: dict[str, dict[str, dict[str, list[Answer]]]] = {}
    for area, unit, name, value, status, method, seq in said["answers"]["rows"]:
        given = Answer(None if value is None else Decimal(value), status, method or "", seq)
        found.setdefault(area, {}).setdefault(unit, {}).setdefault(names[name], []).append(given)
    return {area: {unit: _of_unit(mine) for unit, mine in units.items()} for area, units in found.items()}


def _of_unit(mine: Mapping[str, Iterable[Answer]]) -> dict[str, Answer]:
    merged = {name: of_unit(indicator(name), given) for name, given in mine.items()}
    return {name: answer for name, answer in merged.items() if answer is not None}


def totals(rule: Indicator, said: Mapping[str, Any]) -> Totals:
    """The aggregates of a question, from the sums and counts of the engine."""
    withheld = {area: int(n) for area, n in said["withheld"]["rows"]}
    groups: dict[str, list[Group]] = {}
    read = _reader(said["groups"]["names"])
    for row in said["groups"]["rows"]:
        groups.setdefault(row[0], []).append(read(row))
    return {
        area: finish(rule, AreaSums(area, connected, known, beside, groups.get(area, ())), withheld.get(area, 0))
        for area, connected, known, beside in said["areas"]["rows"]
    }


@lru_cache(4096)
def _methods(joined: tuple[str, ...]) -> tuple[str, ...]:
    """Every method version named, sorted, of some texts that join them by `+`."""
    return tuple(sorted({method for each in joined for method in each.split("+") if method}))


def _reader(names: Sequence[str]) -> Callable[[Sequence[Any]], Group]:
    """How a row of these columns becomes a group."""
    at = {name: names.index(name) for name in names}
    sums = {name.removeprefix("sum_"): place for name, place in at.items() if name.startswith("sum_")}
    methods = [place for name, place in at.items() if name.startswith("methods_")]

    def group(row: Sequence[Any]) -> Group:
        return Group(
            method=row[at["version"]] or "",
            used=row[at["used"]],
            operators=row[at["operators"]],
            used_connected=row[at["used_connected"]],
            beyond=row[at["beyond"]],
            sums={name: Decimal(row[place]) for name, place in sums.items()},
            methods=_methods(tuple(each or "" for place in methods for each in row[place] or ())),
            estimated=row[at["estimated"]],
            provisional=row[at["provisional"]],
            partial=row[at["partial"]],
        )

    return group
