"""An aggregate finished from sums: what an engine of columns gives for one area, divided and judged here.

An engine returns exact decimals and counts; which of several method versions is used, the division, the status and the
coverage are decided here, as `vocab.indicators` decides them over single answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from vocab.indicators import Aggregate, method_version
from vocab.reference import Indicator
from vocab.units import divide


@dataclass(frozen=True, slots=True)
class Group:
    """The units of one area that give what the rule needs; of one method version, where versions never mix.

    `used`: how many; `operators` of them; `used_connected`: of the connected; `beyond`: not among the known.
    `sums`: value, top, bottom or weight, weighted. `estimated`, `provisional`, `partial`: whether some answer is.
    """

    method: str
    used: int
    operators: int
    used_connected: int
    beyond: int
    sums: Mapping[str, Decimal]
    methods: tuple[str, ...]
    estimated: bool
    provisional: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class AreaSums:
    """One area: its connected and known units but for those to which the question does not apply (`beside`)."""

    area: str
    connected: int
    known: int
    beside: int
    groups: Sequence[Group]


def finish(rule: Indicator, sums: AreaSums, restricted: int) -> Aggregate:
    """The aggregate of an area; `restricted`: how many figures were left out. Rules: vocabulary, "across sites"."""
    group, note = _chosen(rule, sums.groups)
    value = None if group is None else _value(rule, group)
    used = group.used if group is not None else 0
    known = sums.known + (group.beyond if group is not None else 0)
    if not note and rule.across_sites == "none":
        note = "distribution"
    elif group is not None and rule.across_sites in ("sum", "distinct"):
        note = "months" if group.partial else "declared" if rule.across_sites == "distinct" else ""
    return Aggregate(
        value=value,
        unit=rule.unit,
        obs_status=_status(value, group, sums),
        conf_status="N" if value is None and restricted else "F",
        n_operators=group.operators if group is not None else 0,
        n_reporting=used,
        n_connected=sums.connected,
        n_known=known,
        coverage=_share(group.used_connected if group is not None else 0, sums.connected),
        methods=group.methods if group is not None else (),
        restricted_left_out=restricted,
        note=note,
        coverage_known=_share(used, known),
    )


@lru_cache(4096)
def _share(part: int, whole: int) -> Decimal | None:
    return divide(Decimal(part), Decimal(whole)) if whole else None


def _chosen(rule: Indicator, groups: Sequence[Group]) -> tuple[Group | None, str]:
    """The most used method version, the latest of equals."""
    if len(groups) < 2:
        return next(iter(groups), None), ""
    best = max(groups, key=lambda group: (group.used, method_version(group.method)))
    return best, "methods"


def _value(rule: Indicator, group: Group) -> Decimal | None:
    sums = group.sums
    if rule.across_sites == "none":
        return None
    if rule.across_sites == "ratio":
        return divide(sums["top"] * (rule.scale or Decimal(1)), sums["bottom"]) if sums["bottom"] else None
    if rule.across_sites == "wmean":
        return divide(sums["weighted"], sums["bottom"]) if sums["bottom"] else None
    if rule.across_sites == "share":
        return divide(sums["value"], Decimal(group.used))
    return sums["value"]


def _status(value: Decimal | None, group: Group | None, sums: AreaSums) -> str:
    if value is not None and group is not None:
        return "E" if group.estimated else "P" if group.provisional else "A"
    return "M" if sums.beside and not sums.connected else "L"
