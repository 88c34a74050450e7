"""The head and the text of a file of one post, as people write them: TOML, or Markdown below a head.

A head stands between two lines `+++` (TOML) or `---` (`key: value`, one a line). Keys are French or English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vocab import check
from vocab.errors import Mistake
from vocab.intake import toml

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("titre", "title"),
    "date": ("date", "début", "debut", "start"),
    "end": ("fin", "end"),
    "place": ("lieu", "place"),
    "language": ("langue", "language", "lang"),
    "licence": ("licence", "license"),
    "summary": ("résumé", "resume", "summary"),
    "link": ("lien", "link"),
    "status": ("statut", "status"),
    "timezone": ("fuseau", "timezone"),
    "text": ("texte", "text"),
}
_NAMES: Final = {word: key for key, words in KEYS.items() for word in words}
_FENCES: Final = ("+++", "---")
_QUOTES: Final = ('"', "'")


@dataclass(frozen=True, slots=True)
class Written:
    """What a file says: its fields under one name each, the word that each was written with, and its text.

    `words` also names the field that an unknown word was probably meant for: it is not missing as well.
    """

    fields: Mapping[str, Any]
    words: Mapping[str, str]
    text: str
    wrong: tuple[Mistake, ...] = ()

    def word(self, key: str) -> str:
        """How the reader knows a field: as written, else by its names in both languages."""
        return self.words.get(key) or " / ".join(dict.fromkeys((KEYS[key][0], key)))


def read(text: str, is_toml: bool, file: str) -> Written | Mistake:
    """The fields and the text of a file, with what is wrong in its head; a mistake when there is no telling them."""
    if is_toml:
        whole = toml.table(text, file)
        return whole if isinstance(whole, Mistake) else _known(whole, with_text=True)
    lines = text.replace("\r\n", "\n").split("\n")
    start = next((at for at, line in enumerate(lines) if line.strip()), 0)
    fence = lines[start].strip()
    if fence not in _FENCES:
        return Written({}, {}, text)
    end = next((at for at in range(start + 1, len(lines)) if lines[at].strip() == fence), None)
    if end is None:
        return Mistake(str(start + 1), "front.open", {"fence": fence})
    body = "\n".join(lines[end + 1 :])
    if fence == "+++":
        head = toml.table("\n".join(lines[start + 1 : end]), file, above=start + 1)
        return head if isinstance(head, Mistake) else _known(head, body)
    pairs, wrong = _pairs(lines, start + 1, end)
    return _known(pairs, body, wrong=wrong)


def _pairs(lines: list[str], start: int, end: int) -> tuple[dict[str, str], list[Mistake]]:
    pairs: dict[str, str] = {}
    wrong = []
    for at in range(start, end):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            continue
        word, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not word:
            wrong.append(Mistake(str(at + 1), "front.line"))
        elif word in pairs:
            wrong.append(Mistake(str(at + 1), "front.twice", {"word": word}))
        else:
            quoted = len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]
            pairs[word] = value[1:-1] if quoted else value
    return pairs, wrong


def _known(pairs: Mapping[str, Any], text: str = "", with_text: bool = False, wrong: Sequence[Mistake] = ()) -> Written:
    """Each word under its field's one name; one that nobody knows, or that says again what another said, is wrong."""
    names = {word: key for word, key in _NAMES.items() if with_text or key != "text"}
    fields: dict[str, Any] = {}
    words: dict[str, str] = {}
    found = list(wrong)
    for written, value in pairs.items():
        key = names.get(written.lower())
        if key is None:
            mistake = check.unknown(written, "field.unknown", written.lower(), names)
            found.append(mistake)
            words.setdefault(names.get(mistake.params["near"], ""), written)
        elif key in fields:
            found.append(Mistake(written, "front.same", {"other": words[key]}))
        else:
            fields[key], words[key] = value, written
    said = fields.get("text", text)
    return Written(fields, words, said if isinstance(said, str) else "", tuple(found))
