"""The figures that a program sends, as JSON: read, checked with the others of their period, entered, not published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from node.context import Node
from node.people import yearbook
from vocab import check, questionnaire
from vocab.errors import Mistake
from vocab.intake.report import is_period
from vocab.model import Breakdown, Observation
from vocab.oddity import Oddity
from vocab.reference import indicators
from vocab.units import decimal

MOST = check.MAX_OBSERVATIONS
_TEXTS = ("indicator", "unit", "status", "method")


@dataclass(frozen=True, slots=True)
class Entered:
    """What was taken: the period, how many figures, and what should be looked at again."""

    period: str
    count: int
    odd: tuple[Oddity, ...]


def enter(node: Node, slug: str, body: object) -> Entered | tuple[Mistake, ...]:
    """Enter the figures of one report, all or none: those of the same indicators and period give way to them.

    `body`: `{"period": "2025", "observations": [{"indicator": …, "value": …}]}`. A mistake's field is a JSON Pointer
    (RFC 6901). Raises `PlaceUnknown`.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("observations"), list):
        return (Mistake("/observations", "kind.list"),)
    period = body.get("period")
    if not isinstance(period, str) or not is_period(period):
        return (Mistake("/period", "period.bad"),)
    wrong: list[Mistake] = []
    read = [_figure(each, period, f"/observations/{n}", wrong) for n, each in enumerate(body["observations"][:MOST])]
    figures, fields = _apart(read)
    checked = check.observations(figures, fields) if figures else (Mistake("/observations", "report.empty"),)
    wrong = wrong or list(checked)
    known = yearbook.figures(node, slug)
    sent = {figure.indicator for figure in figures}
    now = (*figures, *(each for each in known.get(period, ()) if each.indicator not in sent))
    wrong = wrong or [_pointed(each, figures, fields) for each in yearbook.mistakes(known, period, now)]
    if wrong:
        return tuple(wrong)
    odd = yearbook.oddities(node, slug, {name: some for name, some in known.items() if name != period}, now)
    yearbook.keep(node, slug, period, now)
    return Entered(period, len(figures), tuple(each for each in odd if each.indicator in sent or not each.indicator))


def _apart(read: Sequence[tuple[Observation, str] | None]) -> tuple[list[Observation], list[str]]:
    found = [each for each in read if each is not None]
    return [figure for figure, _ in found], [field for _, field in found]


def _figure(said: object, period: str, field: str, wrong: list[Mistake]) -> tuple[Observation, str] | None:
    if not isinstance(said, Mapping) or not all(isinstance(said.get(name, ""), str) for name in _TEXTS):
        wrong.append(Mistake(field, "kind.table"))
        return None
    name = said.get("indicator", "")
    rule = indicators().get(name)
    if rule is None:
        wrong.append(check.unknown(field + "/indicator", "indicator.unknown", name[:100], indicators()))
        return None
    value = _value(said.get("value"), field, wrong)
    status = said.get("status") or ("A" if value is not None else "L")
    figure = Observation(
        name,
        period,
        value,
        said.get("unit") or rule.unit,
        status,
        method=said.get("method", "").lower(),
        breakdown=_breakdown(said.get("breakdown"), field, wrong),
    )
    return figure, field


def _value(said: object, field: str, wrong: list[Mistake]) -> Decimal | None:
    """A number of JSON or a decimal text; a missing one is not nought."""
    if said is None or said == "":
        return None
    number = decimal(str(said)) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else None
    if number is None:
        wrong.append(Mistake(field + "/value", "number.bad", {"value": str(said)[:60]}))
    return number


def _breakdown(said: object, field: str, wrong: list[Mistake]) -> Breakdown:
    if said is None:
        return ()
    if not isinstance(said, Mapping) or not all(isinstance(code, str) for code in said.values()):
        wrong.append(Mistake(field + "/breakdown", "kind.table"))
        return ()
    return tuple(sorted((str(name), code) for name, code in said.items()))


def _pointed(mistake: Mistake, figures: Sequence[Observation], fields: Sequence[str]) -> Mistake:
    """A mistake about a figure that was sent, where it stands in what was sent."""
    at = {questionnaire.field_of(figure): field for figure, field in zip(figures, fields, strict=True)}
    return Mistake(at.get(mistake.field, "/observations"), mistake.code, mistake.params)
