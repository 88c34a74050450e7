"""The questions of a section as a page shows them: labels, help, units, last year, what to mend and to check. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from node.web import plain, wording
from vocab.errors import Mistake, beside
from vocab.model import Observation
from vocab.oddity import Oddity, say
from vocab.questionnaire import Part, Question, Section
from vocab.reference import themes


@dataclass(frozen=True, slots=True)
class Drawn:
    """`groups`: a theme each, with its questions; `problems`: what to mend, input by input, with its label."""

    groups: list[dict[str, Any]]
    problems: list[dict[str, str]]


def draw(
    asked: Section,
    typed: Mapping[str, str],
    last: Iterable[Observation],
    wrong: Sequence[Mistake],
    odd: Iterable[Oddity],
    proposed: frozenset[str],
    lang: str,
) -> Drawn:
    """What the template needs, and nothing that it must work out."""
    before = {(figure.indicator, tuple(sorted(figure.breakdown))): figure for figure in last}
    mends: dict[str, str] = {}
    for mistake in wrong:
        mends.setdefault(mistake.field.removesuffix(".status"), wording.typeset(beside(mistake, lang), lang))
    checks = {_field(each): wording.typeset(say(each, lang), lang) for each in odd if each.indicator}
    groups: list[dict[str, Any]] = []
    for theme, questions in asked.groups:
        drawn = [_question(each, typed, before, mends, checks, proposed, lang) for each in questions]
        groups.append({"label": themes()[theme][lang], "questions": drawn})
    labels = {each["field"]: each["label"] for group in groups for each in group["questions"]}
    problems = [
        {"field": field, "label": labels.get(field.partition(".")[0], field), "text": text}
        for field, text in mends.items()
    ]
    return Drawn(groups, problems)


def _field(odd: Oddity) -> str:
    return ".".join([odd.indicator, *(text for pair in odd.breakdown for text in pair)])


def _question(
    question: Question,
    typed: Mapping[str, str],
    before: Mapping[Any, Observation],
    mends: Mapping[str, str],
    checks: Mapping[str, str],
    proposed: frozenset[str],
    lang: str,
) -> dict[str, Any]:
    name, rule = question.field, question.rule
    figure = before.get((name, ()))
    parts: list[dict[str, Any]] = [
        {"label": dimension.label[lang], "parts": [_part(each, typed, before, mends, checks, lang) for each in some]}
        for dimension, some in question.parts
    ]
    status = typed.get(f"{name}.status", "A") or "A"
    return {
        "field": name,
        "label": rule.label[lang],
        "help": rule.definition[lang],
        "unit": wording.unit(rule.unit, lang),
        "flag": rule.kind == "flag",
        "value": shown(typed.get(name, ""), lang),
        "status": status,
        "method": wording.method(typed.get(f"{name}.method", ""), lang),
        "mend": mends.get(name, ""),
        "check": checks.get(name, ""),
        "last": _last(figure, rule, lang) if figure else "",
        "proposed": name in proposed,
        "parts": parts,
        "open": any(each["value"] or each["mend"] for group in parts for each in group["parts"]),
        "of_operator": rule.asked_of == "operator",
    }


def _last(figure: Observation, rule: Any, lang: str) -> str:
    if figure.value is None:
        return plain.said(lang, f"figures.status.{figure.status}")
    value, unit = wording.figure(rule, figure.value, lang)
    return f"{value} {unit}".strip()


def _part(
    part: Part,
    typed: Mapping[str, str],
    before: Mapping[Any, Observation],
    mends: Mapping[str, str],
    checks: Mapping[str, str],
    lang: str,
) -> dict[str, str]:
    figure = before.get((part.field.partition(".")[0], part.breakdown))
    return {
        "field": part.field,
        "label": part.concept.label[lang],
        "value": shown(typed.get(part.field, ""), lang),
        "mend": mends.get(part.field, ""),
        "check": checks.get(part.field, ""),
        "last": shown(str(figure.value), lang) if figure and figure.value is not None else "",
    }


def shown(text: str, lang: str) -> str:
    """A figure as it is typed in that language; what is no figure stays as it was typed."""
    return text.replace(".", ",") if lang == "fr" and text.replace(".", "", 1).isdigit() else text
