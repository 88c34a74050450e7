"""Mends the words of one cell: entities, broken encodings, spaces, web addresses as people type them. Pure."""

import html
import re
import unicodedata

from node.importers.contacts import has_contact, without_contacts

LONGEST_NAME = 120
_BROKEN = re.compile(r"[ÃÂ][\x80-\xbf\u0152-\u2122]|Â(?=\s)")
_URL = re.compile(r"(?:https?://|www\.)[^\s|<>\"…]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)


def _decoded_again(text: str) -> str:
    """UTF-8 that was once read as Windows-1252 (`Ã©` for `é`), when reading it again makes sense."""
    if not _BROKEN.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return re.sub(r"Â(?=\s)", "", text)


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """The text mended, and the codes of what was: `entities`, `encoding`, `contact`. Spaces go without a word."""
    codes = []
    plain = html.unescape(text)
    if plain != text:
        codes.append("entities")
    whole = _decoded_again(plain)
    if whole != plain:
        codes.append("encoding")
    alone = without_contacts(whole)
    if alone != whole:
        codes.append("contact")
    return " ".join(alone.split()), tuple(codes)


def shortened(name: str) -> str:
    """A name that fits on one line: cut at a word, with an ellipsis."""
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - 1].rsplit(" ", 1)[0].rstrip(" ,;:-(") + "…"


def website(text: str) -> tuple[str, str]:
    """A whole http(s) address, else empty; and what was done: `web_contact`, `web_cut`, `web_none`, `web`."""
    if not text:
        return "", ""
    if has_contact(text):
        return "", "web_contact"
    if "…" in text:
        return "", "web_cut"
    found = _URL.search(text)
    if found is None and not _HOST.fullmatch(text):
        return "", "web_none"
    address = found.group() if found else text
    if not address.lower().startswith(("http://", "https://")):
        address = "http://" + address
    return address, "" if address == text else "web"


def plain(text: str) -> str:
    """Words without case, accents or marks between them: for comparing."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return " ".join("".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c)).split())
