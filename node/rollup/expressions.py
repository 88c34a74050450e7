"""The questions of totals, written once in Ibis over the tables of a year: places, answers, counts of what is withheld.

They give sums of decimals and counts by area; `vocab.sums` divides. Compiled for DuckDB, which runs
them here, and for Spark SQL, which a larger network would use over the same Parquet.
"""

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, Table

from node.rollup import table
from vocab.derived import operands
from vocab.reference import Indicator, indicator

_GIVEN = ("A", "E", "P")


def tables() -> tuple[Table, Table, Table]:
    """The tables of a year as `node.rollup.build` writes them, places with the division that is asked for as `area`:
    places, answers, and how many figures that are not public each place gave."""
    plain = {"place": "int32", "operator": "int32", "connected": "boolean", "known": "boolean", "area": "string"}
    plain |= {"place_iri": "string", "operator_iri": "string"}
    columns = {"place": "int32", "indicator": "string", "value": "decimal(18, 6)", "status": "string"}
    places = ibis.table(plain, name="places")
    answers = ibis.table(columns | {"method": "string", "partial": "boolean", "seq": "int64"}, name="answers")
    withheld = ibis.table({"place": "int32", "indicator": "string", "n": "int64"}, name="withheld")
    return places, answers, withheld


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a rule needs of each unit: its name is given when the question is asked, not when it is compiled."""

    role: str  # value | top | bottom | asked0 | asked1
    by_place: bool  # asked of a place and added up over those of an operator
    needed: bool  # a unit that does not give it is not used
    questioned: bool  # a unit to which it does not apply is beside

    @property
    def name(self) -> str:
        """What stands for the indicator until it is known."""
        return f"@{self.role}@"


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes two questions the same but for the names of their indicators."""

    across_sites: str
    by_operator: bool
    parts: tuple[Part, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(part.role for part in self.parts if part.needed)


def shape(rule: Indicator) -> tuple[Shape, dict[str, str]]:
    """The shape of a rule, and the indicator that stands in each of its roles."""
    if rule.across_sites == "ratio":
        both = {"top": rule.numerator, "bottom": rule.denominator}
        parts = tuple(Part(role, _adds_up(name), needed=True, questioned=True) for role, name in both.items())
        return Shape("ratio", rule.asked_of == "operator", parts), {role: table.part(rule.id, role) for role in both}
    roles = {"value": rule.id} | ({"bottom": rule.weight} if rule.across_sites == "wmean" else {})
    asked = operands(rule) or (rule.id,)
    more = {f"asked{at}": name for at, name in enumerate(asked) if name not in roles.values()}
    parts = tuple(Part(role, _adds_up(name), role in roles, name in asked) for role, name in (roles | more).items())
    return Shape(rule.across_sites, rule.asked_of == "operator", parts), roles | more


def _adds_up(name: str) -> bool:
    rule = indicator(name)
    return rule.asked_of == "place" and rule.across_sites == "sum"


def _units(places: Table, wanted: Shape) -> Table:
    """The units asked in each area: places, or their operators."""
    unit = places.operator if wanted.by_operator else places.place
    here = places.filter(places.area != "").mutate(unit=unit)
    return here.select("area", "unit", "place", "operator", "connected", "known")


def _answers(units: Table, answers: Table, part: Part) -> Table:
    """One answer a unit: of what is asked of a place the sum over the places of an operator, else the latest given."""
    mine, role = answers.filter(answers.indicator == part.name), part.role
    joined = units.select("area", "unit", "place").join(mine, "place")
    given = joined.value.notnull() & joined.status.isin(_GIVEN)
    if part.by_place:
        return joined.group_by("area", "unit").agg(**_summed(joined, given, role))
    latest = ibis.window(group_by=[joined.area, joined.unit], order_by=[given.desc(), joined.seq.desc()])
    first = joined.mutate(rank=ibis.row_number().over(latest)).filter(lambda each: each.rank == 0)
    named = {f"{role}_{name}": first[name] for name in ("value", "status", "method", "partial")}
    return first.select("area", "unit", **named)


def _summed(joined: Table, given: BooleanValue, role: str) -> dict[str, Any]:
    estimated, provisional = (((joined.status == code) & given).any() for code in ("E", "P"))
    status = ibis.cases(
        (given.any() & estimated, "E"), (given.any() & provisional, "P"), (given.any(), "A"), else_=None
    )
    methods = joined.method.group_concat("+", where=given)
    return {
        f"{role}_value": joined.value.sum(where=given),
        f"{role}_status": ibis.coalesce(status, joined.status.argmax(joined.seq)),
        f"{role}_method": ibis.coalesce(methods, joined.method.argmax(joined.seq)),
        f"{role}_partial": (given.sum() == 1) & (joined.partial & given).any(),
    }


def judged(places: Table, answers: Table, wanted: Shape) -> Table:
    """Every unit of each area: connected, known, whether it gives all that the rule needs, whether it is beside."""
    units = _units(places, wanted)
    whole = units.group_by("area", "unit").agg(
        connected=units.connected.any(), known=units.known.any(), operator=units.operator.min()
    )
    for part in wanted.parts:
        found = _answers(units, answers, part)
        whole = whole.left_join(found, ["area", "unit"]).drop("area_right", "unit_right")
    beside = [
        (whole[f"{part.role}_status"] == "M") & whole[f"{part.role}_value"].isnull()
        for part in wanted.parts
        if part.questioned
    ]
    used = [whole[f"{role}_value"].notnull() for role in wanted.roles]
    whole = whole.mutate(used=reduce(and_, used), beside=reduce(or_, beside).fill_null(False))
    return whole.mutate(counted=whole.connected & ~whole.beside, expected=whole.known & ~whole.beside)


def areas(found: Table) -> Table:
    """One row an area, of `judged` units: those that are connected, known, beside."""
    counts = {"connected": found.counted.sum(), "known": found.expected.sum(), "beside": found.beside.sum()}
    return found.group_by("area").agg(**counts).order_by("area")


def groups(found: Table, wanted: Shape) -> Table:
    """One row an area, and a method version where versions never mix: sums and counts of the units that are used."""
    used = found.filter(found.used)
    roles, weighted = wanted.roles, wanted.across_sites == "wmean"
    used = used.mutate(version=used.value_method if wanted.across_sites in ("wmean", "model") else ibis.literal(""))
    sums = {f"sum_{role}": used[f"{role}_value"].sum() for role in roles}
    if weighted:
        sums["sum_weighted"] = (used.value_value * used.bottom_value).sum()
    estimated, provisional = (reduce(or_, [used[f"{role}_status"] == code for role in roles]).any() for code in "EP")
    named = ("value",) if weighted else roles
    return (
        used.group_by("area", "version")
        .agg(
            used=used.count(),
            operators=(used.unit if wanted.by_operator else used.operator).nunique(),
            used_connected=used.counted.sum(),
            beyond=(~used.expected).sum(),
            estimated=estimated,
            provisional=provisional,
            partial=used[f"{roles[0]}_partial"].any(),
            **{f"methods_{role}": used[f"{role}_method"].collect(distinct=True) for role in named},
            **sums,
        )
        .order_by("area", "version")
    )


def left_out(places: Table, withheld: Table, count: int) -> Table:
    """One row an area: how many figures for `count` indicators (`@0@`, `@1@`…) are not public."""
    mine = withheld.filter(withheld.indicator.isin([f"@{at}@" for at in range(count)]))
    joined = places.select("place", "area").filter(lambda each: each.area != "").join(mine, "place")
    return joined.group_by("area").agg(n=joined.n.sum()).order_by("area")


def answered(places: Table, answers: Table, by_operator: bool, count: int) -> Table:
    """One row an area, unit, place and part (`@0@`, `@1@`…) of a question: what the place answers."""
    mine = answers.filter(answers.indicator.isin([f"@{at}@" for at in range(count)]))
    here = places.mutate(unit=places.operator_iri if by_operator else places.place_iri)
    joined = here.select("area", "unit", "place").filter(lambda each: each.area != "").join(mine, "place")
    shown = joined.select("area", "unit", "indicator", "value", "status", "method", "seq", "place")
    return shown.order_by("place", "indicator").drop("place")
