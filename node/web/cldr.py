"""What CLDR says of French and English, by Babel: signs of numbers, names of months and days, plural forms.

Read once a language; the figures themselves are written by `node.web.wording`, which has thousands of them on a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Habits:
    """`months` and `days` begin with January and Monday; `one`: whether a whole number takes the singular."""

    group: str
    point: str
    months: tuple[str, ...]
    days: tuple[str, ...]
    one: Callable[[int], bool]


@cache
def habits(lang: str) -> Habits:
    """Those of `fr` or `en`. Raises `KeyError`."""
    from babel.core import Locale

    locale = Locale.parse(_LOCALES[lang])
    signs = locale.number_symbols["latn"]
    plural = locale.plural_form
    return Habits(
        signs["group"],
        signs["decimal"],
        tuple(locale.months["format"]["wide"][number] for number in range(1, 13)),
        tuple(locale.days["format"]["wide"][number] for number in range(7)),
        lambda n: plural(n) == "one",
    )
