"""A form of the vocabulary as somebody fills it in: what stands in each field, and what is wrong beside it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from node.messages import text
from node.web import wording
from vocab import communes, forms
from vocab.errors import Mistake, beside
from vocab.forms import Field, Group, Pairs
from vocab.intake.form import AMONG, COMMUNE
from vocab.model import LANGUAGES

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_FEW = 6  # choices that are shown at once; more are a list to open


@dataclass(frozen=True, slots=True)
class Filled:
    """`values`: what is typed, by name; `p`: what is wrong, by name, as templates say it next to the field."""

    lang: str
    values: Mapping[str, list[str]]
    p: Mapping[str, str]
    more_rows: str = ""  # the field that one more row was asked for

    @property
    def groups(self) -> tuple[Group, ...]:
        return forms.form()

    def said(self, texts: Mapping[str, str]) -> str:
        """A text of the vocabulary, as it is printed; nothing where there is none."""
        return wording.typeset(texts.get(self.lang, ""), self.lang)

    def called(self, field: Field | Group) -> str:
        """Its label, as a title."""
        label = self.said(field.label)
        return label[:1].upper() + label[1:]

    def value(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def is_time(self, name: str) -> bool:
        """Whether a clock can show it: nothing yet, or a time of the day."""
        return not self.value(name) or bool(_CLOCK.fullmatch(self.value(name)))

    def unsaid(self) -> str:
        """What stands for no choice."""
        return text(self.lang, "describe.unsaid")

    def languages(self) -> list[str]:
        """The languages of a text that has one a language, the reader's first."""
        return sorted(LANGUAGES, key=lambda each: each != self.lang)

    def is_few(self, field: Field) -> bool:
        return len(field.choices()) <= _FEW

    def rows(self, field: Field) -> list[int]:
        """The rows to show: those that say something, and one more when there is none or when it was asked."""
        said = {int(name.removeprefix(field.name + "[").partition("]")[0]) for name in self._of(field)}
        last = max(said, default=0)
        return [*sorted(said), *([last + 1] if not said or self.more_rows == field.name else [])]

    def _of(self, field: Field) -> list[str]:
        return [name for name in self.values if name.startswith(field.name + "[")]

    def communes(self) -> list[tuple[str, str]]:
        """(code, label) of those among which to choose; none when what was typed means one, or nothing."""
        typed = self.value(COMMUNE)
        likely = communes.like(typed) if COMMUNE in self.p else ()
        return [(each.code, communes.label(each)) for each in likely]

    @property
    def among(self) -> str:
        return AMONG

    def labels(self) -> dict[str, str]:
        """What the fields that are wrong are called, for the summary: `Hours 2, opens`."""
        return {name: self._label(name) for name in self.p}

    def _label(self, name: str) -> str:
        field, (above, _, rest) = forms.field(name), name.partition("[")
        if field is None:
            return name
        whole = forms.field(above if rest else name.rpartition(".")[0])
        if whole is None or field not in whole.fields:
            return self.called(field)
        row = " " + rest.partition("]")[0] if rest else ""
        return f"{self.called(whole)}{row}, {self.said(field.label)}"


def filled(lang: str, pairs: Pairs, mistakes: Iterable[Mistake] = (), more_rows: str = "") -> Filled:
    """The form of these fields, with the first thing to mend in each."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    problems: dict[str, str] = {}
    for mistake in mistakes:
        problems.setdefault(mistake.field, wording.typeset(beside(mistake, lang), lang))
    return Filled(lang, values, {name: problems[name] for name in sorted(problems, key=_where)}, more_rows)


def _where(name: str) -> tuple[int, int, int]:
    """Where a field stands on the page: that of its rows, its row, and itself."""
    order = list(forms.fields())
    field, (above, _, rest) = forms.field(name), name.partition("[")
    at = order.index(field.name) if field else -1
    row = rest.partition("]")[0]
    return (order.index(above) if above in order and rest else at, int(row) if row.isdecimal() else 0, at)
