"""The file of one post, as a person writes it, read into a `Post` or into everything that is to be mended.

What the file leaves out comes from `Habits`: the place's own address, its clock, the node's licence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from vocab import check, richtext
from vocab.errors import Mistake
from vocab.intake import front, moment
from vocab.intake.front import Written
from vocab.intake.moment import Moment
from vocab.post import STATUSES, Post, Venue
from vocab.units import decimal

LONGEST: Final = 100_000  # characters of Markdown
_OPEN_END: Final = timedelta(hours=3)  # an event that does not say when it ends
_MIDNIGHT: Final = time(23, 59)
_OF_EVENTS: Final = ("end", "link", "status", "timezone")
_SPDX: Final = "https://spdx.org/licenses/"
_LICENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "etalab-2.0": ("licence-ouverte", "licence-ouverte-2.0", "lo-2.0", "etalab"),
    "CC0-1.0": ("cc0", "domaine-public", "public-domain"),
    "CC-BY-4.0": ("cc-by",),
    "CC-BY-SA-4.0": ("cc-by-sa",),
    "ODbL-1.0": ("odbl",),
    "LAL-1.3": ("licence-art-libre", "art-libre", "lal"),
    "GFDL-1.3-or-later": ("gfdl",),
}
_LICENCE: Final = {word: code for code, words in _LICENCES.items() for word in (code.lower(), *words)}
_LANGUAGE: Final = {
    "français": "fr", "francais": "fr", "french": "fr", "anglais": "en", "english": "en", "breton": "br",
    "occitan": "oc", "basque": "eu", "corse": "co", "catalan": "ca", "créole": "ht", "allemand": "de", "espagnol": "es",
    "italien": "it",
}  # fmt: skip
_ISO_639_1: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_CODES: Final = frozenset(_ISO_639_1.split())
_STATUS: Final = {
    "prévu": "scheduled", "prevu": "scheduled", "confirmé": "scheduled", "confirmed": "scheduled",
    "à confirmer": "tentative", "annulé": "cancelled", "annule": "cancelled", "canceled": "cancelled",
    "reporté": "postponed", "reporte": "postponed", "en ligne": "online",
} | {status: status for status in STATUSES}  # fmt: skip
_WEB: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]{1,500}")
_TOWN: Final = re.compile(r"([0-9]{5}) +(\S.*)")
_VENUE: Final = {
    "nom": "name", "name": "name", "rue": "street", "street": "street", "code_postal": "postcode",
    "postcode": "postcode", "ville": "locality", "commune": "locality", "locality": "locality", "lat": "lat",
    "lon": "lon", "url": "url",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """What a place's posts are unless they say otherwise; `zone` is a name of the IANA database."""

    license: str
    zone: str = "Europe/Paris"
    language: str = "fr"
    venue: Venue | None = None


def post_file(text: str, kind: str, is_toml: bool, habits: Habits) -> Post | tuple[Mistake, ...]:
    """Read a post; every mistake is reported at once."""
    written = front.read(text, is_toml, "post.toml" if is_toml else "post.md")
    if isinstance(written, Mistake):
        return (written,)
    found = list(written.wrong)
    post = _Reader(written, kind, found).post(habits)
    return tuple(found) or post


def post_fields(fields: Mapping[str, str], text: str, kind: str, habits: Habits) -> Post | tuple[Mistake, ...]:
    """The same from the fields of a form, by the keys of `front.KEYS`; a mistake's field is such a key, or `text`."""
    said = {key: value.strip() for key, value in fields.items() if value.strip()}
    found: list[Mistake] = []
    post = _Reader(Written(said, {key: key for key in front.KEYS}, text), kind, found).post(habits)
    needed = [key for key in ("title", "date") if key not in said and not (key == "title" and kind == "note")]
    needed = needed if kind == "event" else [key for key in needed if key == "title"]
    found += [Mistake(key, "field.missing") for key in needed]
    if not richtext.plain(richtext.html(text)):
        found.append(Mistake("text", "post.empty"))
    return tuple({mistake.field: mistake for mistake in reversed(found)}.values()) or post


class _Reader:
    """Reads the fields of one file, and gathers what is wrong in `found`."""

    def __init__(self, written: Written, kind: str, found: list[Mistake]) -> None:
        self._written = written
        self._kind = kind
        self._found = found

    def post(self, habits: Habits) -> Post:
        """The post; it means nothing once there is a mistake."""
        fields = self._written.fields
        for key in _OF_EVENTS if self._kind != "event" else ():
            if key in fields:
                self._wrong(key, "post.only_event")
        zone = self._zone(habits.zone)
        start, end, open_end = self._span(zone) if self._kind == "event" else (None, None, False)
        title = self._title()
        return Post(
            kind=self._kind,
            content=self._content(),
            language=self._language(habits.language),
            license=self._licence(habits.license),
            title=title,
            summary=self._line("summary", 500),
            day=None if self._kind == "event" else self._day(zone),
            start=start,
            end=end,
            open_end=open_end,
            zone=zone,
            venue=self._place() or (habits.venue if self._kind == "event" else None),
            link=self._link(),
            status=self._status(),
        )

    def _wrong(self, key: str, code: str, **params: str) -> None:
        self._found.append(Mistake(self._written.word(key), code, params))

    def _is_missing(self, key: str) -> bool:
        return self._written.fields.get(key, "") == "" and (
            key in self._written.fields or key not in self._written.words
        )

    def _line(self, key: str, limit: int = 200) -> str:
        """One line of text; empty when there is none."""
        value = self._written.fields.get(key, "")
        if not isinstance(value, str):
            self._wrong(key, "kind.text")
            return ""
        self._found += check.line(self._written.word(key), value.strip(), limit)
        return value.strip()

    def _title(self) -> str:
        title = self._line("title")
        if self._kind != "note" and self._is_missing("title"):
            self._wrong("title", f"post.title.{self._kind}")
        return title

    def _content(self) -> str:
        if not isinstance(self._written.fields.get("text", ""), str):
            self._wrong("text", "kind.text")
            return ""
        if len(self._written.text) > LONGEST:
            self._wrong("text", "text.long", limit=str(LONGEST))
            return ""
        content = richtext.html(self._written.text)
        if not richtext.plain(content) and ("text" in self._written.fields or "text" not in self._written.words):
            self._wrong("text", "post.empty")
        return content

    def _language(self, usual: str) -> str:
        said = self._line("language").lower()
        code = _LANGUAGE.get(said, said) or usual
        if code not in _CODES:
            self._found.append(check.unknown(self._written.word("language"), "language.unknown", said, _LANGUAGE))
        return code

    def _licence(self, usual: str) -> str:
        said = self._line("licence")
        if not said:
            return usual
        word = said.lower().removeprefix(_SPDX).removesuffix(".html").replace(" ", "-")
        if word not in _LICENCE:
            self._found.append(check.unknown(self._written.word("licence"), "licence.unknown", word, _LICENCE))
        return _SPDX + _LICENCE.get(word, "")

    def _status(self) -> str:
        said = self._line("status").lower()
        if said and said not in _STATUS:
            self._found.append(check.unknown(self._written.word("status"), "concept.unknown", said, _STATUS))
        return _STATUS.get(said, "scheduled")

    def _link(self) -> str:
        said = self._line("link", 600)
        if said and not _WEB.fullmatch(said):
            self._wrong("link", "web.bad", value=said)
        return said

    def _zone(self, usual: str) -> str:
        said = self._line("timezone") or usual
        try:
            ZoneInfo(said)
        except (KeyError, ValueError, OSError):
            self._wrong("timezone", "zone.unknown", value=said)
            return usual
        return said

    def _moment(self, key: str) -> Moment | None:
        value = self._written.fields.get(key, "")
        read = moment.read(value)
        if read is None and value != "":
            self._wrong(key, "moment.bad", value=str(value))
        return read

    def _day(self, zone: str) -> datetime | None:
        said = self._moment("date")
        return None if said is None else said.at(ZoneInfo(zone), time(12))

    def _span(self, zone: str) -> tuple[datetime | None, datetime | None, bool]:
        """When an event starts and ends; a day without hours is the whole day."""
        first, last, clock = self._moment("date"), self._moment("end"), ZoneInfo(zone)
        if first is None:
            if self._is_missing("date"):
                self._wrong("date", "post.date")
            return None, None, False
        start = first.at(clock)
        if last is None:
            return start, first.at(clock, _MIDNIGHT) if first.hour is None else start + _OPEN_END, True
        end = last.at(clock, _MIDNIGHT)
        if end.astimezone(UTC) <= start.astimezone(UTC):
            self._wrong("end", "post.end", end=end.strftime("%d/%m/%Y %H:%M"), start=start.strftime("%d/%m/%Y %H:%M"))
        return start, end, False

    def _place(self) -> Venue | None:
        said = self._written.fields.get("place", "")
        if isinstance(said, dict):
            return self._table(said)
        line = self._line("place", 500)
        if _WEB.fullmatch(line):
            return Venue("", url=line)
        parts = [part.strip() for part in line.split(",") if part.strip()]
        towns = [found for part in parts[1:] if (found := _TOWN.fullmatch(part))]
        rest = [part for part in parts[1:] if not _TOWN.fullmatch(part)]
        if not parts:
            return None
        postcode, town = (towns[0][1], towns[0][2]) if towns else ("", "")
        return Venue(parts[0], ", ".join(rest), postcode, town)

    def _table(self, said: Mapping[str, Any]) -> Venue:
        word, values = self._written.word("place"), dict[str, Any]()
        for written, value in said.items():
            key = _VENUE.get(written.lower())
            if key is None:
                self._found.append(check.unknown(f"{word}.{written}", "field.unknown", written.lower(), _VENUE))
            elif key in ("lat", "lon"):
                values[key] = decimal(str(value))
                limit = 90 if key == "lat" else 180
                if values[key] is None or not -limit <= values[key] <= limit:
                    self._found.append(Mistake(f"{word}.{written}", "number.bad", {"value": str(value)}))
            elif not isinstance(value, str):
                self._found.append(Mistake(f"{word}.{written}", "kind.text"))
            else:
                self._found += check.line(f"{word}.{written}", value)
                values[key] = value.strip()
        if values.get("url") and not _WEB.fullmatch(values["url"]):
            self._wrong("place", "web.bad", value=values["url"])
        if ("lat" in values) != ("lon" in values):
            self._wrong("place", "geo.half")
        if not values.get("name") and not values.get("url"):
            self._wrong("place", "post.place")
        return Venue(**{"name": "", **values})
