"""Communes of 2026, what contains them, and the codes that used to name them.

Base: INSEE codes, EPCI, départements, régions and municipal populations (`data/territory/make.py` says whence).
EPCI are a hierarchy of their own: 89 cross a département. Lookups search the sorted table on disk, so that a
site does not keep 39,000 rows in memory.
"""

import mmap
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent / "data" / "territory"
COUNTRY = "FR"
LEVELS = ("country", "region", "departement", "epci", "commune")
VINTAGE = "2026"
_CODE = re.compile(r"[0-9][0-9AB][0-9]{3}")
_ARRONDISSEMENT = re.compile(r"\b(\d{1,2})\s*(e|er|eme|ème)?\s*(arr|arrondissement)?\b.*$")


@dataclass(frozen=True, slots=True)
class Commune:
    """A present commune. `epci` is a SIREN, or empty for the four communes without one; `population` municipal."""

    code: str
    name: str
    departement: str
    region: str
    epci: str
    population: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a written code and name stand for.

    reason: current | delegated | associated | former | arrondissement | by-name | unknown | foreign | ambiguous;
    `was`: the code as written.
    """

    commune: Commune | None
    reason: str
    was: str


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    name: str
    departement: str
    region: str
    epci: str
    population: int
    kind: str
    current: str
    postcodes: tuple[str, ...]


@cache
def _table() -> mmap.mmap:
    with (_FOLDER / "communes.tsv").open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _row(line: bytes) -> _Row:
    code, name, departement, region, epci, population, kind, current, postcodes = line.decode().split("\t")
    return _Row(code, name, departement, region, epci, int(population), kind, current, tuple(postcodes.split()))


@lru_cache(maxsize=4_096)
def _find(code: str) -> _Row | None:
    """Binary search over the lines of the table, which are sorted by code."""
    table, key = _table(), code.encode()
    low, high = 0, len(table)
    while low < high:
        middle = table.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = table.find(b"\n", middle)
        here = table[middle : middle + len(key) + 1]
        if here == key + b"\t":
            return _row(table[middle:end])
        if here[: len(key)] < key:
            low = end + 1
        else:
            high = middle
    return None


def _rows() -> Iterator[_Row]:
    for line in _table()[:].split(b"\n"):
        if line:
            yield _row(line)


def commune(code: str) -> Commune | None:
    """The present commune of an INSEE code; None for a dead, delegated or unknown code."""
    row = _find(code) if _CODE.fullmatch(code) else None
    return _commune(row) if row is not None and row.kind == "current" else None


def of_postcode(postcode: str) -> tuple[Commune, ...]:
    """The present communes that a postcode serves, by code; the table is read, nothing is kept."""
    table, at, codes = _table(), -1, set[str]()
    while (at := table.find(postcode.encode(), at + 1)) >= 0:
        row = _row(table[table.rfind(b"\n", 0, at) + 1 : table.find(b"\n", at)])
        if postcode in row.postcodes:
            codes.add(row.current)
    return tuple(found for code in sorted(codes) if (found := commune(code)) is not None)


def communes() -> Iterator[Commune]:
    """Every present commune, by code."""
    return (_commune(row) for row in _rows() if row.kind == "current")


def _commune(row: _Row) -> Commune:
    return Commune(row.code, row.name, row.departement, row.region, row.epci, row.population)


def fold(name: str) -> str:
    """A name without case, accents, hyphens or article, `st` as `saint`: for comparing, never for showing."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = [{"st": "saint", "ste": "sainte"}.get(word, word) for word in plain.split()]
    return " ".join(word for word in words if word not in ("cedex", "l", "le", "la", "les")) or plain.strip()


@cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    """Present codes by folded name; only importers need it, so it is built when first asked."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows():
        name, codes = fold(row.name), found.get(fold(row.name), ())
        if row.current not in codes:
            found[name] = (*codes, row.current)
    return MappingProxyType(found)


@cache
def _by_postcode() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in _rows():
        for postcode in row.postcodes:
            if row.current not in found.setdefault(postcode, []):
                found[postcode].append(row.current)
    return MappingProxyType({postcode: tuple(codes) for postcode, codes in found.items()})


def resolve(code: str, name: str = "", postcode: str = "", departement: str = "") -> Resolution:
    """The present commune meant by a code as written, else by a name and a postcode (or its département).

    `departement`: the code of the one that a row names; it decides where there is no postcode. A name that several
    communes bear, without either that decides, is *ambiguous*: nothing is guessed.
    """
    written = code.strip()
    padded = written.zfill(5) if written.isdigit() and len(written) == 4 else written
    row = _find(padded) if _CODE.fullmatch(padded) else None
    if row is not None:
        now = _find(row.current)
        return Resolution(_commune(now) if now else None, row.kind, written)
    if written.startswith("99") and len(written) == 5:
        return Resolution(None, "foreign", written)
    return _by_name_and_postcode(written, name, postcode.strip(), departement)


def _by_name_and_postcode(written: str, name: str, postcode: str, departement: str) -> Resolution:
    postcode = postcode.zfill(5) if postcode.isdigit() and len(postcode) == 4 else postcode
    postcode = postcode if re.fullmatch(r"[0-9]{5}", postcode) else ""
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        return Resolution(None, "unknown", written)
    if not name.strip():
        alone = _by_postcode().get(postcode, ())
        row = _find(alone[0]) if len(alone) == 1 else None
        reason = "by-name" if row else "ambiguous" if alone else "unknown"
        return Resolution(_commune(row) if row else None, reason, written)
    named = _by_name().get(fold(name)) or _by_name().get(fold(_ARRONDISSEMENT.sub("", name))) or ()
    if departement and not postcode:
        named = tuple(code for code in named if code.startswith(departement))
    code = _only(named, postcode)
    if code is None or not _plausible(code, postcode):
        return Resolution(None, "ambiguous" if len(named) > 1 else "unknown", written)
    row = _find(code)
    return Resolution(_commune(row) if row else None, "by-name", written)


def _only(codes: tuple[str, ...], postcode: str) -> str | None:
    """The one commune among those of a name: the only one, else the only one of the postcode or its département."""
    for kept in (codes, _same_postcode(codes, postcode), _same_departement(codes, postcode)):
        if len(kept) == 1:
            return kept[0]
    return None


def _same_postcode(codes: Sequence[str], postcode: str) -> list[str]:
    return [code for code in codes if code in _by_postcode().get(postcode, ())]


def _departements_of(postcode: str) -> tuple[str, ...]:
    head = postcode[:3] if postcode[:2] in ("97", "98") else postcode[:2]
    return ("2A", "2B") if head == "20" else (head,)


def _same_departement(codes: Sequence[str], postcode: str) -> list[str]:
    return [code for code in codes if code.startswith(_departements_of(postcode))] if postcode else []


def _plausible(code: str, postcode: str) -> bool:
    """A postcode, when given, must be of the commune's département or a neighbour's list."""
    return not postcode or bool(_same_postcode([code], postcode)) or code.startswith(_departements_of(postcode))


@cache
def _areas() -> Mapping[tuple[str, str], tuple[str, str]]:
    text = (_FOLDER / "areas.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return MappingProxyType({(level, code): (name, above) for level, code, name, above in rows})


def name_of(level: str, code: str, lang: str = "fr") -> str:
    """The name of an area; the code itself when it is not known."""
    if level == "country":
        return "France"
    if level == "commune":
        row = _find(code) if _CODE.fullmatch(code) else None
        return row.name if row else code
    return _areas().get((level, code), (code, ""))[0]


def above(level: str, code: str) -> str:
    """The code of the region of a département; empty where the level has none above."""
    return _areas().get((level, code), ("", ""))[1]


def search(words: str, most: int = 30) -> tuple[tuple[str, str], ...]:
    """(level, code) of the territories whose name has each of the words, whole names first, then the larger ones.

    A part of a commune that has a name of its own (delegated, associated, arrondissement) finds the commune.
    """
    wanted = fold(words).split()
    if not words.strip() or not wanted:
        return ()
    named = [(name, level, code) for name, level, code in _folded_areas() if all(word in name for word in wanted)]
    for name, codes in _by_name().items():
        if all(word in name for word in wanted):
            named += [(name, "commune", code) for code in codes]
    found = [each for each in named if all(word in each[0].split() for word in wanted)] or named
    people, areas, whole = inhabitants(), _populations(), " ".join(wanted)
    size = {each: people[each[2]] if each[1] == "commune" else areas.get(each[1:], 0) for each in found}
    found.sort(key=lambda each: (each[0] != whole, -size[each], each[0], each[2]))
    return tuple(dict.fromkeys((level, code) for _, level, code in found))[:most]


@cache
def _folded_areas() -> tuple[tuple[str, str, str], ...]:
    return tuple((fold(name), level, code) for (level, code), (name, _) in _areas().items())


@lru_cache(maxsize=512)
def departement(text: str) -> str:
    """The code of the département that a text names (`Ain`, `01`, `1`, `01 - Ain`); empty where there is none."""
    words = fold(text).upper().split()
    number = words[0].zfill(2) if words else ""
    if ("departement", number) in _areas():
        return number
    whole = fold(text)
    return next((code for name, level, code in _folded_areas() if level == "departement" and name == whole), "")


def area_codes(level: str) -> tuple[str, ...]:
    """Every code of a level (not of communes), sorted."""
    return (COUNTRY,) if level == "country" else tuple(code for kind, code in _areas() if kind == level)


@cache
def _members() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The present communes of each area above them."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in _rows():
        if row.kind == "current":
            areas = (COUNTRY, row.region, row.departement, row.epci)
            for level, code in zip(LEVELS, areas, strict=False):
                found.setdefault((level, code), []).append(row.code)
    return MappingProxyType({area: tuple(codes) for area, codes in found.items() if area[1]})


def communes_of(level: str, code: str) -> tuple[str, ...]:
    """The codes of the present communes of an area, sorted; none when it is not known."""
    if level == "commune":
        return (code,) if commune(code) else ()
    return _members().get((level, code), ())


def parents(code: str) -> tuple[tuple[str, str], ...]:
    """(level, code) of what contains a present commune: its EPCI, which is a hierarchy of its own, then the others."""
    found = commune(code)
    if found is None:
        return ()
    levels = (("epci", found.epci), ("departement", found.departement), ("region", found.region), ("country", COUNTRY))
    return tuple((level, above) for level, above in levels if above)


@cache
def _populations() -> Mapping[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for row in _rows():
        if row.kind == "current":
            areas = (COUNTRY, row.region, row.departement, row.epci)
            for level, code in zip(LEVELS, areas, strict=False):
                sums[level, code] = sums.get((level, code), 0) + row.population
    return MappingProxyType(sums)


def population(level: str, code: str) -> int:
    """Municipal population (INSEE), inhabitants, summed over the present communes of an area; 0 when unknown."""
    if level == "commune":
        found = commune(code)
        return found.population if found else 0
    return _populations().get((level, code), 0)


@cache
def inhabitants() -> Mapping[str, int]:
    """The municipal population of every present commune, by code; kept once asked, so for a node that gathers."""
    return MappingProxyType({row.code: row.population for row in _rows() if row.kind == "current"})
