"""How widely a figure is proposed to be shared, from its confidentiality (L, M, H).

The operator decides; this only proposes, and says where a choice is wider than what is proposed. A ratio is as
confidential as the strictest of its parts.
"""

from collections.abc import Iterable

from vocab.reference import Indicator, indicator

LEVELS = ("public", "network", "aggregate-only", "private")
_PROPOSED = {"L": "public", "M": "network", "H": "aggregate-only"}


def strictest(levels: Iterable[str]) -> str:
    """The level that shares least; `public` of none."""
    return max(levels, key=LEVELS.index, default="public")


def _own(rule: Indicator) -> str:
    return _PROPOSED[rule.confidentiality]


def proposed(name: str) -> str:
    """The level proposed for an indicator. Raises `KeyError`."""
    rule = indicator(name)
    made_of = [part for part in (rule.numerator, rule.denominator, *rule.operands) if part]
    return strictest([_own(rule), *(_own(indicator(part)) for part in made_of)])


def wider(names: Iterable[str], level: str) -> tuple[str, ...]:
    """Those of `names` that `level` shares more widely than proposed, in order and once each."""
    return tuple(name for name in dict.fromkeys(names) if LEVELS.index(level) < LEVELS.index(proposed(name)))
