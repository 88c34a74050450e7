"""What the rule of an indicator means, in plain words: French or English sentences made from the fields of the Turtle.

One wording for the command line, the pages and the codebook. Nothing here knows an indicator by name: a new line of
Turtle is worded by its kind, its unit, its rules and what it is made of.
"""

from decimal import Decimal

from vocab.errors import catalogue
from vocab.oddity import number
from vocab.reference import Dimension, Indicator, dimensions, indicators, ratios, themes
from vocab.sharing import proposed
from vocab.units import canonical


def say(lang: str, key: str, **params: object) -> str:
    """One text of the wording of rules."""
    return catalogue().text(lang, "rule." + key, **params)


def label(name: str, lang: str) -> str:
    """The label of an indicator of the vocabulary; the name itself for any other."""
    known = indicators().get(name)
    return known.label[lang] if known else name


def unit(rule: Indicator, lang: str) -> str:
    """The unit as people say it: `{visit}` is visits, `m2` square metres."""
    if rule.kind == "flag" or rule.across_sites == "share":
        return say(lang, "unit.flag")
    own = catalogue().texts(lang).get(f"rule.unit.{rule.id}", "") if rule.unit == "1" else ""
    return own or say(lang, f"unit.{rule.unit}")


def kind(rule: Indicator, lang: str) -> str:
    """What kind of figure it is."""
    return say(lang, f"kind.{rule.kind}")


def formula(rule: Indicator, lang: str) -> str:
    """What it is computed from; nothing for a figure that somebody gives."""
    if rule.kind == "ratio":
        parts = f"{label(rule.numerator, lang)} ÷ {label(rule.denominator, lang)}"
        return parts if rule.scale in (None, Decimal(1)) else f"{parts} × {_number(rule.scale, lang)}"
    if not rule.formula:
        return ""
    names = [label(name, lang) for name in rule.operands] or [""]
    return say(lang, f"formula.{rule.formula}", first=names[0], last=names[-1])


def _number(value: Decimal | None, lang: str) -> str:
    return "" if value is None else number(canonical(value), lang)


def across_sites(rule: Indicator, lang: str) -> str:
    """How the figures of several places make one, as one sentence."""
    parts = {part: label(getattr(rule, part), lang) for part in ("numerator", "denominator", "weight")}
    return say(lang, f"sites.{rule.across_sites}", **parts)


def across_time(rule: Indicator, lang: str) -> str:
    """How the figures of several periods make one, as one sentence."""
    return say(lang, f"time.{rule.across_time}")


def cautions(rule: Indicator, lang: str) -> tuple[str, ...]:
    """What else holds: what is asked of an operator counts once; a part is never above its whole."""
    said = [say(lang, "once")] if rule.asked_of == "operator" else []
    if rule.not_above:
        said.append(say(lang, "not_above", other=label(rule.not_above, lang)))
    return tuple(said)


def sentence(rule: Indicator, lang: str) -> str:
    """The whole rule as a few sentences."""
    made = formula(rule, lang)
    computed = (say(lang, "computed", formula=made),) if made else ()
    parts = (kind(rule, lang), *computed, across_sites(rule, lang), across_time(rule, lang), *cautions(rule, lang))
    return " ".join(dict.fromkeys(parts))


def asked_of(rule: Indicator, lang: str) -> str:
    """Who gives the figure: a place, its operator, nobody because it is computed or comes from the directory."""
    who = rule.asked_of if rule.origin == "entered" else rule.origin
    return say(lang, f"asked.{who}")


def periods(rule: Indicator, lang: str) -> str:
    """Over what time, or at what date."""
    return say(lang, "or").join(say(lang, f"period.{name}") for name in rule.periods)


def tier(rule: Indicator, lang: str) -> str:
    """Of whom it is asked first."""
    return say(lang, f"tier.{rule.tier}")


def confidentiality(rule: Indicator, lang: str) -> str:
    """How sensitive it is, and how widely it is proposed to be shared."""
    level, sharing = say(lang, f"level.{rule.confidentiality}"), say(lang, f"sharing.{proposed(rule.id)}")
    return say(lang, "confidentiality", level=level, sharing=sharing)


def plausible(rule: Indicator, lang: str) -> str:
    """What is plausible for one place and one year; nothing where nothing is said."""
    limits = rule.plausible
    if limits is None:
        return ""
    low, high = _number(limits.low, lang), _number(limits.high, lang)
    said = say(lang, "plausible", low=low, high=high, unit=unit(rule, lang))
    return said + (say(lang, "plausible.zero") if limits.zero else "")


def breakdown(dimension: Dimension, lang: str) -> str:
    """Whether the parts of a breakdown add up."""
    said = [say(lang, f"partition.{dimension.partition}")]
    if dimension.of_persons:
        said.append(say(lang, "partition.persons"))
    if dimension.numerator_only:
        said.append(say(lang, "partition.numerator"))
    return " ".join(said)


def theme(rule: Indicator, lang: str) -> str:
    """The name of its theme."""
    return themes()[rule.theme][lang]


def made_of(rule: Indicator) -> tuple[str, ...]:
    """The indicators that it is computed from or weighted by."""
    parts = (rule.numerator, rule.denominator, rule.weight, *rule.operands)
    return tuple(dict.fromkeys(part for part in parts if part in indicators()))


def used_in(rule: Indicator) -> tuple[str, ...]:
    """The indicators that are computed from it or weighted by it."""
    return tuple(other.id for other in indicators().values() if rule.id in made_of(other))


def facts(rule: Indicator, lang: str) -> tuple[tuple[str, str], ...]:
    """What there is to know of an indicator, each with its name: what a reader is shown, in this order."""
    said = {
        "definition": rule.definition[lang],
        "theme": theme(rule, lang),
        "unit": say(lang, "unit", words=unit(rule, lang), code=rule.unit),
        "asked": asked_of(rule, lang),
        "period": periods(rule, lang),
        "rule": sentence(rule, lang),
        "formula": formula(rule, lang),
        "made_of": _named(made_of(rule), lang),
        "used_in": _named(used_in(rule), lang),
        "breakdowns": ", ".join(f"{dimensions()[name].label[lang]} ({name})" for name in rule.dimensions),
        "plausible": plausible(rule, lang),
        "compared": compared(rule, lang),
        "confidentiality": confidentiality(rule, lang),
        "tier": tier(rule, lang),
        "source": rule.source,
    }
    return tuple((name, text) for name, text in said.items() if text)


def compared(rule: Indicator, lang: str) -> str:
    """Its usual ratios to other figures of the same place and year."""
    said = [
        say(
            lang,
            "compared",
            other=label(ratio.denominator, lang),
            low=_number(ratio.limits.low, lang),
            high=_number(ratio.limits.high, lang),
        )
        for ratio in ratios()
        if ratio.numerator == rule.id
    ]
    return ", ".join(said)


def _named(names: tuple[str, ...], lang: str) -> str:
    return ", ".join(f"{label(name, lang)} ({name})" for name in names)
