"""The values that `vocab` speaks of: a place, an observation, and the documents that carry them.

Pure values: they know neither JSON-LD (`build`, `parse`) nor where they are kept. `to_json` and `from_json` are
the plain form used by drafts and projections, not the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from vocab.units import canonical

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Address:
    """`commune` is the INSEE code (2026), `locality` its name as written on an envelope."""

    commune: str
    street: str = ""
    postcode: str = ""
    locality: str = ""

    def to_json(self) -> dict[str, str]:
        return {
            "commune": self.commune,
            "street": self.street,
            "postcode": self.postcode,
            "locality": self.locality,
        }


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of some days: `Mo`…`Su` (schema.org), times `HH:MM`."""

    days: tuple[str, ...]
    opens: str
    closes: str

    def to_json(self) -> dict[str, Any]:
        return {"days": list(self.days), "opens": self.opens, "closes": self.closes}


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the place: one operator with three places is one unit for disclosure."""

    name: str
    legal_form: str = ""
    siren: str = ""
    rna: str = ""

    @property
    def iri(self) -> str:
        """`urn:siren:…`, else `urn:rna:…`, else empty."""
        return f"urn:siren:{self.siren}" if self.siren else f"urn:rna:{self.rna}" if self.rna else ""

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "legal_form": self.legal_form, "siren": self.siren, "rna": self.rna}


@dataclass(frozen=True, slots=True)
class Place:
    """A tiers-lieu. Dates are `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; lat and lon WGS 84 degrees.

    `more`: properties that the shapes have and no code knows by name (`vocab.more`).
    """

    iri: str
    name: str
    address: Address
    typology: tuple[str, ...] = ()
    building_origin: tuple[str, ...] = ()
    programme: tuple[str, ...] = ()
    status: str = "open"
    opened: str = ""
    closed: str = ""
    summary: Mapping[str, str] = field(default_factory=dict)
    lat: Decimal | None = None
    lon: Decimal | None = None
    operator: Operator | None = None
    hours: tuple[Hours, ...] = ()
    website: str = ""
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        more = {"more": {name: list(values) for name, values in self.more.items()}} if self.more else {}
        return {
            "iri": self.iri,
            "name": self.name,
            "address": self.address.to_json(),
            "typology": list(self.typology),
            "building_origin": list(self.building_origin),
            "programme": list(self.programme),
            "status": self.status,
            "opened": self.opened,
            "closed": self.closed,
            "summary": dict(self.summary),
            "lat": None if self.lat is None else canonical(self.lat),
            "lon": None if self.lon is None else canonical(self.lon),
            "operator": None if self.operator is None else self.operator.to_json(),
            "hours": [span.to_json() for span in self.hours],
            "website": self.website,
        } | more

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Place":
        """The inverse of `to_json`."""
        plain = dict(data)
        for key in ("typology", "building_origin", "programme"):
            plain[key] = tuple(plain[key])
        plain["address"] = Address(**plain["address"])
        plain["hours"] = tuple(Hours(tuple(h["days"]), h["opens"], h["closes"]) for h in plain["hours"])
        plain["operator"] = Operator(**plain["operator"]) if plain["operator"] else None
        plain["more"] = {name: tuple(values) for name, values in plain.get("more", {}).items()}
        for key in ("lat", "lon"):
            plain[key] = None if plain[key] is None else Decimal(plain[key])
        return cls(**plain)


Breakdown = tuple[tuple[str, str], ...]


def breakdown_text(breakdown: Breakdown) -> str:
    """`""` for the total, else `dim=code` sorted and joined by `&`: the key used by projections."""
    return "&".join(f"{dimension}={code}" for dimension, code in sorted(breakdown))


def breakdown_of(text: str) -> Breakdown:
    """The inverse of `breakdown_text`."""
    pairs = (part.partition("=") for part in text.split("&")) if text else ()
    return tuple((dimension, code) for dimension, _, code in pairs)


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure: SDMX CL_OBS_STATUS in `status`, CL_CONF_STATUS in `conf`; `value` is None for L and M."""

    indicator: str
    period: str
    value: Decimal | None
    unit: str
    status: str = "A"
    conf: str = "F"
    method: str = ""
    breakdown: Breakdown = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "indicator": self.indicator,
            "period": self.period,
            "value": None if self.value is None else canonical(self.value),
            "unit": self.unit,
            "status": self.status,
            "conf": self.conf,
            "method": self.method,
            "breakdown": breakdown_text(self.breakdown),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Observation":
        """The inverse of `to_json`."""
        plain = dict(data)
        plain["value"] = None if plain["value"] is None else Decimal(plain["value"])
        plain["breakdown"] = breakdown_of(plain["breakdown"])
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every document says of itself. Times are RFC 3339 UTC with `Z`; `to` are recipient IRIs."""

    id: str
    actor: str
    version: int
    published: str
    updated: str
    license: str
    sharing: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """What a place says it is."""

    envelope: Envelope
    place: Place


@dataclass(frozen=True, slots=True)
class Report:
    """Observations of one place, one period, one sharing level.

    `source`, with its date, is where an aggregator found figures of a place that it lists; empty for a place's own.
    """

    envelope: Envelope
    place: str
    period: str
    observations: tuple[Observation, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """An unclaimed place, said by an aggregator, with its source and the digest of the row it came from."""

    envelope: Envelope
    place: Place
    source: str
    row_id: str
    row_digest: str
