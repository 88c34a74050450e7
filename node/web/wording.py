"""Figures, dates, units and areas as a person reads them in French or English. Pure; what is missing is said so."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from node.messages import LANGUAGES, catalogue, text
from node.web.cldr import habits
from vocab.periods import Period
from vocab.reference import Indicator, dimensions, indicators

_CENTS = Decimal("0.01")
METHOD = "figures.method."
_THIN = re.compile(r" (?=[;?!%»](?:\W|$))|(?<=«) |(?<=\d) (?=\d{3}(?!\d))")


def number(value: Decimal, lang: str, places: Decimal = _CENTS) -> str:
    """At most two decimals (the files give them all), grouped by thousands."""
    rounded = value.quantize(places, ROUND_HALF_EVEN) if value != value.to_integral_value() else value
    whole, _, part = f"{rounded:,f}".partition(".")
    part = part.rstrip("0")
    known = habits(lang)
    return whole.replace(",", known.group) + (known.point + part if part else "")


def typeset(words: str, lang: str) -> str:
    """French as it is printed: no line begins with a sign or with half a number (Imprimerie nationale)."""
    if lang != "fr":
        return words
    return _THIN.sub("\u202f", words).replace(" :", "\u00a0:")


def counted(key: str, n: int, lang: str) -> str:
    """`1 place`, `12 places`: French counts zero as one (CLDR)."""
    return text(lang, f"{key}.{'one' if habits(lang).one(n) else 'many'}", n=number(Decimal(n), lang))


def unit(code: str, lang: str, value: Decimal | None = None) -> str:
    """A UCUM code in words, agreeing with the value; the code itself when there are none."""
    if code == "1":
        return ""
    texts = catalogue().texts(lang)
    one = value is not None and (abs(value) < 2 if lang == "fr" else value == 1)
    return (
        texts.get(f"web.unit.{code}.one", texts.get(f"web.unit.{code}", code))
        if one
        else texts.get(f"web.unit.{code}", code)
    )


def figure(rule: Indicator, value: Decimal | None, lang: str, total: bool = False) -> tuple[str, str]:
    """The number and its unit; a yes or no of a place in words, its share among those that answer in per cent."""
    if value is None:
        return text(lang, "web.missing"), ""
    if rule.kind == "flag" or rule.across_sites == "share":
        if total:
            return number(value * 100, lang, Decimal("0.1")), text(lang, "web.share")
        return text(lang, "web.yes" if value else "web.no"), ""
    return number(value, lang), catalogue().texts(lang).get(f"web.scale.{rule.id}") or unit(rule.unit, lang, value)


def no_value(rule: Indicator, status: str, n_reporting: int, withheld: int, lang: str) -> str:
    """Why a total has no value: only what nobody gave is *not collected*."""
    if status == "M":
        return text(lang, "web.status.M")
    if n_reporting:
        return text(lang, "web.indicators.spread" if rule.across_sites == "none" else "web.undivided")
    return text(lang, "web.not_public" if withheld else "web.missing")


def day(value: str, lang: str) -> str:
    """A date or an instant of ISO 8601, whole or in part, in words."""
    parts = value[:10].split("-")
    if len(parts) == 1 or not all(part.isdigit() for part in parts):
        return value
    month = habits(lang).months[int(parts[1]) - 1]
    if len(parts) == 2:
        return f"{month} {parts[0]}"
    first = "1er" if lang == "fr" and parts[2] == "01" else str(int(parts[2]))
    return f"{first} {month} {parts[0]}"


def period(value: str, lang: str) -> str:
    """A period in words: a year, a month, a day, an accounting year."""
    read = Period.parse(value)
    if read.kind == "accounting":
        return text(lang, "web.accounting", start=day(read.start.isoformat(), lang))
    return day(value, lang)


def method(code: str, lang: str) -> str:
    """How a figure was made, in words where the code is a usual one."""
    return catalogue().texts(lang).get(f"{METHOD}{code}", code)


def coded(typed: Mapping[str, str]) -> dict[str, str]:
    """The inputs of a form whose methods are written in words, in any language: a usual one becomes its code."""
    codes = {
        words.casefold(): key.removeprefix(METHOD)
        for lang in LANGUAGES
        for key, words in catalogue().texts(lang).items()
        if key.startswith(METHOD)
    }
    return {
        name: codes.get(text.strip().casefold(), text) if name.endswith(".method") else text
        for name, text in typed.items()
    }


def cut(line: str, limit: int) -> str:
    """A line of at most `limit` characters, ended between two words where it can be."""
    if len(line) <= limit:
        return line
    return (line[: limit - 1].rpartition(" ")[0] or line[: limit - 1]) + "…"


def part(breakdown: str, lang: str) -> str:
    """`eventAccess=public` in words."""
    said = []
    for pair in breakdown.split("&"):
        name, _, code = pair.partition("=")
        found = dimensions().get(name)
        concept = found.codes.get(code) if found else None
        said.append(concept.label[lang] if concept else code)
    return " · ".join(said)


def label(name: str, lang: str) -> str:
    return indicators()[name].label[lang]


def pieces(days: tuple[str, ...], lang: str) -> str:
    """Days of the week, runs joined: `Monday to Friday`, else a list."""
    order = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    names = habits(lang).days
    at = sorted(order.index(each) for each in days if each in order)
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return text(lang, "web.days_run", first=names[at[0]], last=names[at[-1]])
    return ", ".join(names[each] for each in at)
