"""What a campaign writes to a place, in French and English, as the clean HTML of a letter: plain words, no protocol.

Nothing here tells a reminder from an opening but the words: `kind` names the texts `campaign.KIND.…`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from urllib.parse import urlsplit

from node.messages import LANGUAGES, text
from node.web import wording
from vocab.reference import indicators


@dataclass(frozen=True, slots=True)
class Subject:
    """What a letter is about: who asks, where its pages are, the period, the last day and today."""

    council: str
    url: str
    period: str
    until: date
    today: date


@dataclass(frozen=True, slots=True)
class Reader:
    """The place that is written to; `slug`: its short name where it runs this very software, empty elsewhere."""

    actor: str
    handle: str
    name: str
    slug: str

    @classmethod
    def of(cls, actor: str, handle: str, name: str, implements: bool) -> "Reader":
        slug = urlsplit(actor).path.rpartition("/")[2]
        return cls(actor, handle or f"@{slug}@{urlsplit(actor).netloc}", name or slug, slug if implements else "")


def questions() -> int:
    """How many core questions a place is asked: those that are neither computed nor counted elsewhere."""
    return sum(each.tier == "core" and each.origin == "entered" for each in indicators().values())


def opening(subject: Subject, reader: Reader) -> dict[str, str]:
    """The letter that opens a campaign, by language."""
    return {lang: _letter(lang, subject, reader, "open", ("ask", "blank", "how", "see")) for lang in LANGUAGES}


def reminder(subject: Subject, reader: Reader) -> dict[str, str]:
    """The letter to a place that has not answered yet, by language."""
    kind = "remind" if subject.today <= subject.until else "late"
    return {lang: _letter(lang, subject, reader, kind, ("ask", "how", "see")) for lang in LANGUAGES}


def correction(subject: Subject, reader: Reader, points: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The letter that asks a place to look at some of its figures again; `points`: sentences by language."""
    return {lang: _corrected(lang, subject, reader, points[lang]) for lang in LANGUAGES}


def _corrected(lang: str, subject: Subject, reader: Reader, points: Sequence[str]) -> str:
    values = _values(lang, subject, reader) | {"points": wording.counted("campaign.points", len(points), lang)}
    listed = "".join(f"<li>{escape(point, quote=False)}</li>" for point in points)
    parts = [_title(lang, "correct", values), _part(lang, "correct.ask", values), f"<ul>{listed}</ul>"]
    return "\n".join([*parts, _part(lang, "correct.right", values), *_how(lang, reader, values)])


def _letter(lang: str, subject: Subject, reader: Reader, kind: str, parts: Sequence[str]) -> str:
    values = _values(lang, subject, reader)
    said = [_title(lang, kind, values)]
    for part in parts:
        said += _how(lang, reader, values) if part == "how" else [_part(lang, _key(kind, part), values)]
    return "\n".join(said)


def _key(kind: str, part: str) -> str:
    return f"{kind}.{part}" if part == "ask" else part


def _values(lang: str, subject: Subject, reader: Reader) -> dict[str, str]:
    left = (subject.until - subject.today).days
    return {
        "name": reader.name,
        "slug": reader.slug,
        "council": subject.council,
        "period": wording.period(subject.period, lang),
        "code": subject.period,
        "until": wording.day(subject.until.isoformat(), lang),
        "left": wording.counted("campaign.left", left, lang) if left > 0 else text(lang, "campaign.left.none"),
        "questions": str(questions()),
        "progress": f"{subject.url}/campaign?lang={lang}",
        "codebook": f"{subject.url}/ns/?lang={lang}",
    }


def _how(lang: str, reader: Reader, values: dict[str, str]) -> list[str]:
    parts = [_part(lang, "how", values)]
    return [*parts, _part(lang, "command", values)] if reader.slug else parts


def _title(lang: str, kind: str, values: dict[str, str]) -> str:
    return f"<p><strong>{escape(text(lang, f'campaign.{kind}.title', **values), quote=False)}</strong></p>"


def _part(lang: str, key: str, values: dict[str, str]) -> str:
    """One paragraph; addresses in it are links."""
    words = [_linked(word) for word in text(lang, f"campaign.{key}", **values).split(" ")]
    return f"<p>{' '.join(words)}</p>"


def _linked(word: str) -> str:
    plain = escape(word, quote=False)
    return f'<a href="{escape(word)}">{plain}</a>' if word.startswith(("http://", "https://")) else plain
