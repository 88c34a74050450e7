"""What looks odd in true-looking figures: a warning that says what to check. It refuses nothing.

An `Oddity` names a rule by its code; `say` words it in French or English.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from vocab.errors import catalogue, visible
from vocab.model import Breakdown, breakdown_text
from vocab.reference import dimensions, indicators
from vocab.units import canonical, read_canonical

Key = tuple[str, Breakdown]  # a question of a report: the indicator, and the breakdown sorted
Figures = Mapping[Key, Decimal]  # the figures of one place and one year
_NAMES = ("place",)  # as others write them: no figure, whatever it looks like
_LABELLED = ("other", "denominator", "numerator", "known")


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing to check. `indicator` is empty for what concerns the whole report; figures in `params` canonical."""

    indicator: str
    period: str
    breakdown: Breakdown
    code: str
    params: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return {
            "indicator": self.indicator,
            "period": self.period,
            "breakdown": breakdown_text(self.breakdown),
            "code": self.code,
            "params": dict(self.params),
        }


def say(odd: Oddity, lang: str) -> str:
    """What is odd, and what to check, as a sentence or two."""
    params = {name: _shown(name, value, lang) for name, value in odd.params.items()}
    return visible(catalogue().text(lang, f"odd.{odd.code}", **params))


def told(odd: Oddity, lang: str) -> dict[str, object]:
    """As those who ask are told: with its sentence, and `code` also as `rule`, its name in the report of an import."""
    return odd.to_json() | {"rule": odd.code, "message": say(odd, lang)}


def subject(odd: Oddity, lang: str) -> str:
    """What it is about: the indicator and its part, or the report."""
    if odd.indicator not in indicators():
        return odd.indicator or catalogue().text(lang, "odd.report")
    label = indicators()[odd.indicator].label[lang]
    parts = ", ".join(_part(dimension, code, lang) for dimension, code in odd.breakdown)
    return f"{label} ({parts})" if parts else label


def _part(dimension: str, code: str, lang: str) -> str:
    known = dimensions().get(dimension)
    concept = known.codes.get(code) if known else None
    return concept.label[lang] if concept else code


def _shown(name: str, value: str, lang: str) -> str:
    if name in _LABELLED and value in indicators():
        return indicators()[value].label[lang]
    if name == "indicators":
        return ", ".join(indicators()[each].label[lang] for each in value.split() if each in indicators())
    return value[:300] if name in _NAMES else number(value, lang)


def number(text: str, lang: str) -> str:
    """A canonical figure as people write it; any other text as it is."""
    value = read_canonical(text)
    if value is None:
        return text[:300]
    grouped = f"{value:,f}"
    return grouped.replace(",", "\u202f").replace(".", ",") if lang == "fr" else grouped


def short(value: Decimal) -> str:
    """A figure with three significant digits, as canonical text."""
    return canonical(Decimal(f"{value:.3g}"))
