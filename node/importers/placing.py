"""Decides in which commune a row lies, from witnesses that may disagree: codes, postcode, name, point. Pure.

A code of today or of the past, as published, comes first. When the postcode names another département, the
postcode and the point outvote it. What rests on a geocoder alone, or on two witnesses that contradict each
other, is refused: a place is never put where nobody said it is.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from node.importers.extents import may_hold
from node.importers.report import Note
from vocab.territory import Commune, resolve

_FINEST = Decimal("0.000001")  # a decimetre


@dataclass(frozen=True, slots=True)
class Clues:
    """What a row says of its place. `codes`: INSEE codes, the surest first; `derived`: worked out from the point."""

    codes: tuple[str, ...]
    derived: bool = False
    name: str = ""
    postcode: str = ""
    departement: str = ""  # its code, where the row names one
    point: tuple[Decimal, Decimal] | None = None
    exact: bool = False  # the point is that of the address, not of the commune
    words: str = ""  # where the commune's name may also stand: the place's name, its street, its website
    street: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The commune, the point if it can be right, and what was mended."""

    commune: Commune
    point: tuple[Decimal, Decimal] | None
    notes: tuple[Note, ...]


def point(lat: str, lon: str) -> tuple[Decimal, Decimal] | None:
    """Degrees as people type them; None where they do not read, or are the nought of an empty field."""
    try:
        north, east = (Decimal(text.strip().replace(",", ".")).quantize(_FINEST) for text in (lat, lon))
    except (InvalidOperation, ValueError):
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 and (north or east) else None


def postcode(text: str) -> str:
    """Five digits, else nothing; a leading zero that a spreadsheet lost is put back (`1000`), `0` says nothing."""
    code = text.strip().removesuffix(".0")
    return code.zfill(5) if code.isascii() and code.isdigit() and len(code) in (4, 5) else ""


def insee(code: str) -> str:
    """Five characters: a leading zero that a spreadsheet lost is put back (`1004`)."""
    return code.strip().upper().zfill(5)


def place(clues: Clues) -> Placed | Note:
    """Where the row lies, or the reason why nobody can say."""
    found = _by_code(clues) or _by_name(clues)
    if found is None:
        return _unplaced(clues)
    commune, notes = found
    if clues.derived and not _corroborated(commune, clues):
        return Note("geocoded_only", {"commune": commune.name, "street": clues.street})
    if clues.postcode and not _postcode_fits(commune, clues):
        return _by_postcode(commune, clues)
    return _with_point(commune, clues, notes)


def _by_code(clues: Clues) -> tuple[Commune, tuple[Note, ...]] | None:
    for code in clues.codes:
        resolution = resolve(code, clues.name, clues.postcode)
        commune = resolution.commune
        if commune is not None:
            if commune.code == code:
                return commune, ()
            params = {"was": code, "now": commune.code, "name": commune.name}
            return commune, (Note("code_" + resolution.reason.replace("-", "_"), params),)
    return None


def _by_name(clues: Clues) -> tuple[Commune, tuple[Note, ...]] | None:
    if not clues.name and not clues.postcode:
        return None
    commune = resolve("", clues.name, clues.postcode, clues.departement).commune
    if commune is None:
        return None
    return commune, (Note("code_by_name", {"was": "—", "now": commune.code, "name": commune.name}),)


def _unplaced(clues: Clues) -> Note:
    if not clues.codes and resolve("", clues.name, clues.postcode, clues.departement).reason == "ambiguous":
        return Note("several" if clues.name else "several_of_postcode", {"name": clues.name or clues.postcode})
    if not (clues.codes or clues.name or clues.postcode):
        return Note("nowhere", {})
    return Note("unplaced", {"code": ", ".join(clues.codes) or "—", "name": clues.name})


def _by_postcode(commune: Commune, clues: Clues) -> Placed | Note:
    """The code and the postcode disagree: the postcode wins when the point, or another code, is with it."""
    params = {"code": commune.code, "commune": commune.name, "postcode": clues.postcode}
    if commune.departement in departement_of(clues.postcode):
        return _by_postcode_alone(clues, params)
    other = _of_postcode(clues)
    if other is None or (clues.point and not may_hold(other.departement, *clues.point)):
        return Note("contradiction", params)
    note = Note("postcode_wins", {**params, "now": other.code, "name": other.name})
    return Placed(other, clues.point if clues.exact else None, (note,))


def _by_postcode_alone(clues: Clues, params: dict[str, str]) -> Placed | Note:
    """A geocoder put the row next to its postcode: what was published wins, and the point goes with its commune."""
    other = resolve("", "", clues.postcode).commune
    if other is None:
        return Note("contradiction", params)
    return Placed(other, None, (Note("postcode_alone", {**params, "now": other.code, "name": other.name}),))


def _of_postcode(clues: Clues) -> Commune | None:
    for code in clues.codes:
        commune = resolve(code).commune
        if commune is not None and commune.departement in departement_of(clues.postcode):
            return commune
    return resolve("", "", clues.postcode).commune


def _with_point(commune: Commune, clues: Clues, notes: tuple[Note, ...]) -> Placed | Note:
    if clues.point is None or not clues.exact:
        return Placed(commune, None, notes)
    if may_hold(commune.departement, *clues.point):
        return Placed(commune, clues.point, notes)
    for code in clues.codes:
        other = resolve(code).commune
        if not clues.postcode and other and may_hold(other.departement, *clues.point):
            params = {"code": commune.code, "commune": commune.name, "other": f"{other.code} {other.name}"}
            return Note("codes_contradict", params)
    return Placed(commune, None, (*notes, Note("point_dropped", {"commune": commune.name})))


def departement_of(postcode: str) -> tuple[str, ...]:
    """The départements a French postcode usually serves: two for Corsica."""
    if postcode.startswith("20"):
        return "2A", "2B"
    return (postcode[:3],) if postcode.startswith(("97", "98")) else (postcode[:2],)


def _postcode_fits(commune: Commune, clues: Clues) -> bool:
    """Whether both can be true.

    A commune worked out from a point must be the postcode's own, where it has only one. Some communes are served
    from the département next to theirs: then their own postcode and the point say so.
    """
    if commune.departement in departement_of(clues.postcode):
        alone = resolve("", "", clues.postcode).commune if clues.derived else None
        return alone is None or alone == commune
    if clues.point is not None and not may_hold(commune.departement, *clues.point):
        return False
    return resolve("", commune.name, clues.postcode).commune == commune


def _corroborated(commune: Commune, clues: Clues) -> bool:
    """A commune found by geocoding only: a street without a town could be anywhere, unless the words name it."""
    if clues.postcode or not clues.street or not clues.exact:
        return True
    return _plain(commune.name) in _plain(clues.words)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.lower())
    return re.sub(r"[^a-z0-9]", "", "".join(mark for mark in bare if not unicodedata.combining(mark)))
