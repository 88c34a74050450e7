"""Finding a commune as it is typed: by name, postcode or INSEE code, with the table on disk and one short index."""

import re
from collections.abc import Iterator
from functools import cache

from vocab import territory
from vocab.territory import Commune

_CODE = re.compile(r"[0-9][0-9AB][0-9]{3}")
_POSTCODE = re.compile(r"\b[0-9]{5}\b")
_BRACKETS = re.compile(r"\(.*?\)")
_MOST_READ = 6_000


@cache
def _index() -> str:
    """A line a present commune: ` folded name \\tcode`, under two megabytes."""
    return "\n".join(f" {territory.fold(each.name)} \t{each.code}" for each in territory.communes())


def _codes(pattern: str) -> Iterator[str]:
    for count, match in enumerate(re.finditer(pattern, _index(), re.MULTILINE)):
        if count == _MOST_READ:
            return
        yield match[1]


def like(text: str, most: int = 12) -> tuple[Commune, ...]:
    """The communes that the words may mean: whole names first, then those that begin so, then the larger ones.

    A postcode narrows a name, or stands alone; `Guéret (23)` and `23096` are understood too.
    """
    written = text.strip()[:100]
    alone = territory.commune(written.upper()) if _CODE.fullmatch(written.upper()) else None
    postcode = next(iter(_POSTCODE.findall(written)), "")
    of_postcode = territory.of_postcode(postcode) if postcode else ()
    words = territory.fold(_POSTCODE.sub(" ", _BRACKETS.sub(" ", written))) if not alone else ""
    if not words:
        found = [*([alone] if alone else []), *sorted(of_postcode, key=lambda each: -each.population)]
        return tuple(dict.fromkeys(found))[:most]
    named = [each for code in _named(words) if (each := territory.commune(code)) is not None]
    if of_postcode:
        named = [each for each in named if each in of_postcode] or list(of_postcode)
    hint = next(iter(re.findall(r"\(\s*([0-9][0-9AB]|97[1-6])\s*\)", written.upper())), "")
    named = [each for each in named if each.departement == hint] or named if hint else named
    ranked = sorted(named, key=lambda each: (_distance(words, territory.fold(each.name)), -each.population, each.code))
    return tuple(ranked[:most])


def _named(words: str) -> tuple[str, ...]:
    whole, inside = re.escape(words), re.escape(" " + words)
    found = dict.fromkeys(_codes(rf"^ {whole}[^\t]*\t(.+)$"))
    return tuple(found | dict.fromkeys(_codes(rf"^[^\t]*{inside}[^\t]*\t(.+)$")))


def _distance(words: str, name: str) -> int:
    return 0 if name == words else 1 if name.startswith(words) else 2


def only(text: str) -> Commune | None:
    """The one commune that a text means: its code, its full label, or a name that no other has."""
    found = like(text, 2)
    if not found:
        return None
    whole = [each for each in found if territory.fold(each.name) == territory.fold(_BRACKETS.sub(" ", text))]
    if len(found) == 1 or len(whole) == 1:
        return (whole or found)[0]
    return None


def label(commune: Commune) -> str:
    """`Guéret (23)`: what is shown and can be typed back."""
    return f"{commune.name} ({commune.departement})"


def elsewhere(postcode: str, code: str) -> bool:
    """Whether a postcode is one of other communes only; one that the table does not have (CEDEX) may be of any."""
    served = territory.of_postcode(postcode) if postcode else ()
    return bool(served) and code not in {each.code for each in served}
