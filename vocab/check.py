"""Whether a place and its figures can be said in the vocabulary; used by people's files and by received documents.

Every function returns `Mistake`s; an empty tuple means nothing to mend.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from vocab import more, plausible, sharing
from vocab.errors import Mistake, VocabError
from vocab.model import Breakdown, Observation, Operator, Place
from vocab.periods import Period
from vocab.reference import Indicator, dimensions, indicators, scheme
from vocab.territory import commune, resolve

STATUSES = ("A", "E", "P", "M", "L")
VALUELESS = ("M", "L")
CONFIDENTIALITY = ("F", "C", "N", "S", "E", "A", "O", "T")
SHARING = sharing.LEVELS
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MAX_OBSERVATIONS = 5_000
_MAX_ITEMS = 50
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DATE = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_SIREN = re.compile(r"[0-9]{9}")
_RNA = re.compile(r"W[0-9A-Z][0-9]{8}")
_POSTCODE = re.compile(r"[0-9]{5}")
_METHOD = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_OPEN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_WEB = re.compile(r"https?://[^\s<>\"{}|\\^`]{1,500}")


def near(word: str, words: Iterable[str]) -> str:
    """The nearest known word, or `""`."""
    found = get_close_matches(word, list(words), n=1)
    return found[0] if found else ""


def unknown(field: str, code: str, word: str, words: Iterable[str]) -> Mistake:
    """`word` is none of `words`; says the nearest, or that there is none."""
    hint = near(word, words)
    return Mistake(field, code + ("_near" if hint else ""), {"value": word, "near": hint})


def concepts(field: str, name: str, codes: Sequence[str]) -> list[Mistake]:
    """Codes that are not in scheme `name`, and codes given twice."""
    known = scheme(name).codes
    wrong = [unknown(field, "concept.unknown", code, known) for code in codes if code not in known]
    twice = [code for code, n in Counter(codes).items() if n > 1]
    return wrong + [Mistake(field, "concept.twice", {"value": code}) for code in twice]


def line(field: str, text: str, limit: int = 200) -> list[Mistake]:
    """Too long, or with characters that nobody sees and some programs obey."""
    if len(text) > limit:
        return [Mistake(field, "text.long", {"limit": str(limit)})]
    return [Mistake(field, "text.control")] if _CONTROL.search(text) else []


def _lists(place: Place) -> list[Mistake]:
    lists = {"typology": place.typology, "building_origin": place.building_origin, "programme": place.programme}
    limit = {"limit": str(_MAX_ITEMS)}
    found = [Mistake(n, "list.long", limit) for n, v in (lists | {"hours": place.hours}).items() if len(v) > _MAX_ITEMS]
    if not place.typology:
        found.append(Mistake("typology", "field.missing"))
    for name, codes in lists.items():
        found += concepts(name, name, codes[:_MAX_ITEMS])
    return found


def operator(operator: Operator) -> list[Mistake]:
    """Everything to mend in who runs a place."""
    found = []
    if not operator.name:
        found.append(Mistake("operator.name", "field.missing"))
    found += line("operator.name", operator.name)
    if operator.legal_form:
        found += concepts("operator.legal_form", "legal_form", (operator.legal_form,))
    if operator.siren and not (_SIREN.fullmatch(operator.siren) and _luhn(operator.siren)):
        found.append(Mistake("operator.siren", "siren.bad", {"value": operator.siren}))
    if operator.rna and not _RNA.fullmatch(operator.rna):
        found.append(Mistake("operator.rna", "rna.bad", {"value": operator.rna}))
    return found


def _luhn(digits: str) -> bool:
    """The check of SIREN numbers (INSEE; ISO/IEC 7812-1 annex B)."""
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def when(field: str, text: str) -> list[Mistake]:
    """A date that is none, to the year, the month or the day."""
    if not text:
        return []
    try:
        good = bool(_DATE.fullmatch(text)) and bool(Period.parse(text))
    except VocabError:
        good = False
    return [] if good else [Mistake(field, "date.bad", {"value": text})]


def _no_commune(code: str) -> Mistake:
    """A code that is none today: today's code where the old one is known."""
    now = resolve(code).commune
    if now is None:
        return Mistake("address.commune", "commune.unknown", {"value": code})
    return Mistake("address.commune", "commune.former", {"value": code, "now": now.code, "name": now.name})


def _where(place: Place) -> list[Mistake]:
    found = []
    if not place.address.commune:
        found.append(Mistake("address.commune", "field.missing"))
    elif commune(place.address.commune) is None:
        found.append(_no_commune(place.address.commune))
    for name, text in (("street", place.address.street), ("locality", place.address.locality)):
        found += line(f"address.{name}", text)
    if place.address.postcode and not _POSTCODE.fullmatch(place.address.postcode):
        found.append(Mistake("address.postcode", "postcode.bad", {"value": place.address.postcode}))
    for field, value, limit in (("geo.lat", place.lat, 90), ("geo.lon", place.lon, 180)):
        if value is not None and not -limit <= value <= limit:
            found.append(Mistake(field, "geo.range", {"value": str(value), "limit": str(limit)}))
    if (place.lat is None) != (place.lon is None):
        found.append(Mistake("geo", "geo.half"))
    return found


def _hours(place: Place) -> list[Mistake]:
    found = []
    for number, span in enumerate(place.hours[:_MAX_ITEMS], 1):
        field = f"hours[{number}]"
        found += [
            Mistake(field + ".days", "day.bad", {"value": day, "days": ", ".join(DAYS)})
            for day in span.days
            if day not in DAYS
        ]
        if not span.days:
            found.append(Mistake(field + ".days", "field.missing"))
        for name, time in (("opens", span.opens), ("closes", span.closes)):
            if not _TIME.fullmatch(time):
                found.append(Mistake(f"{field}.{name}", "time.bad", {"value": time}))
    return found


def is_web(text: str) -> bool:
    """Whether it is an address of the web that pages can link to."""
    return bool(_WEB.fullmatch(text))


def place(value: Place) -> tuple[Mistake, ...]:
    """Everything to mend in a place."""
    found: list[Mistake] = []
    if not value.name.strip():
        found.append(Mistake("name", "field.missing"))
    found += line("name", value.name)
    for lang, text in value.summary.items():
        found += line(f"summary.{lang}", text.replace("\n", " ").replace("\t", " "), 2_000)
    found += _lists(value)
    found += concepts("status", "status", (value.status,))
    found += when("opened", value.opened) + when("closed", value.closed)
    if value.opened and value.closed and value.closed < value.opened[: len(value.closed)]:
        found.append(Mistake("closed", "closed.before", {"value": value.closed, "opened": value.opened}))
    found += _where(value) + _hours(value)
    if value.operator is not None:
        found += operator(value.operator)
    if value.website and not is_web(value.website):
        found.append(Mistake("website", "web.bad", {"value": value.website}))
    return (*found, *more.check(value.more))


def _breakdown(field: str, indicator: Indicator, breakdown: Breakdown) -> list[Mistake]:
    found = []
    for dimension, code in breakdown:
        if dimension not in indicator.dimensions:
            allowed = ", ".join(indicator.dimensions) or "–"
            params = {"value": dimension, "indicator": indicator.id, "allowed": allowed}
            found.append(Mistake(field, "dimension.not_here", params))
            continue
        known = dimensions()[dimension]
        if known.open:
            if not _OPEN_CODE.fullmatch(code):
                found.append(Mistake(field, "code.bad", {"value": code, "dimension": dimension}))
        elif code not in known.codes:
            found.append(
                unknown(field, "code.unknown", f"{dimension}={code}", [f"{dimension}={c}" for c in known.codes])
            )
    if len({dimension for dimension, _ in breakdown}) < len(breakdown):
        found.append(Mistake(field, "dimension.twice"))
    return found


def _figure(field: str, observation: Observation) -> list[Mistake]:
    if observation.status not in STATUSES:
        statuses = ", ".join(STATUSES)
        return [Mistake(field, "status.unknown", {"value": observation.status, "statuses": statuses})]
    if observation.status in VALUELESS:
        return (
            [] if observation.value is None else [Mistake(field, "value.with_status", {"status": observation.status})]
        )
    if observation.value is None:
        return [Mistake(field, "value.empty")]
    return []


def _range(field: str, indicator: Indicator, observation: Observation) -> list[Mistake]:
    value = observation.value
    if value is None:
        return []
    if value < 0:
        return [Mistake(field, "value.negative")]
    if indicator.kind == "flag" and value not in (0, 1):
        return [Mistake(field, "value.flag")]
    if indicator.id == "useValueScore" and not 1 <= value <= 5:
        return [Mistake(field, "value.score")]
    whole = indicator.kind == "heads" or indicator.unit in ("{event}", "{visit}", "{object}", "{organization}")
    if whole and value != value.to_integral_value():
        return [Mistake(field, "value.whole", {"unit": indicator.unit})]
    return []


def observation(field: str, value: Observation) -> list[Mistake]:
    """Everything to mend in one figure; `field` says where it is for the reader."""
    indicator = indicators().get(value.indicator)
    if indicator is None:
        return [unknown(field, "indicator.unknown", value.indicator, indicators())]
    if indicator.origin != "entered":
        return [Mistake(field, "indicator.computed", {"value": value.indicator})]
    found = _figure(field, value) + _range(field, indicator, value) + _breakdown(field, indicator, value.breakdown)
    if value.unit != indicator.unit:
        found.append(Mistake(field, "unit.wrong", {"value": value.unit, "expected": indicator.unit}))
    if value.conf not in CONFIDENTIALITY:
        found.append(Mistake(field, "conf.unknown", {"value": value.conf}))
    if value.method and not _METHOD.fullmatch(value.method):
        found.append(Mistake(field, "method.bad", {"value": value.method}))
    if indicator.kind in ("score", "model") and value.value is not None and not value.method:
        found.append(Mistake(field, "method.missing", {"value": value.indicator}))
    return found + _periodicity(field, indicator, value)


def _periodicity(field: str, indicator: Indicator, value: Observation) -> list[Mistake]:
    kind = Period.parse(value.period).kind
    asked = indicator.periods
    if kind == "month" and "month" not in asked:
        return [Mistake(field, "period.not_here", {"value": value.period, "indicator": value.indicator})]
    if kind == "date" and "date" not in asked:
        return [Mistake(field, "period.not_here", {"value": value.period, "indicator": value.indicator})]
    return []


def observations(values: Sequence[Observation], fields: Sequence[str]) -> tuple[Mistake, ...]:
    """Everything to mend in the figures of one report; `fields[i]` says where figure `i` is."""
    found: list[Mistake] = []
    if not values:
        return (Mistake("report", "report.empty"),)
    if len(values) > MAX_OBSERVATIONS:
        return (Mistake("report", "report.long", {"limit": str(MAX_OBSERVATIONS)}),)
    seen: set[tuple[str, str, Breakdown]] = set()
    for field, value in zip(fields, values, strict=True):
        found += observation(field, value)
        key = (value.indicator, value.period, tuple(sorted(value.breakdown)))
        if key in seen:
            found.append(Mistake(field, "row.twice", {"indicator": value.indicator}))
        seen.add(key)
    return tuple(found) if found else plausible.parts(values, fields)
