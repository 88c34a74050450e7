"""A place as texts under the names of `node.importers.drawing.FIELDS`: the inverse of drawing. Pure."""

from node.exports.entries import Entry
from node.importers import days
from node.importers.drawing import LISTS, joined
from vocab.model import Operator, Place
from vocab.units import canonical


def fields_of(place: Place) -> dict[str, str]:
    """Every field; those of which nothing is said are empty."""
    operator = place.operator or Operator("")
    return {
        "name": place.name,
        **{name: joined(getattr(place, name)) for name in LISTS},
        "status": place.status,
        "opened": place.opened,
        "closed": place.closed,
        "summary_fr": place.summary.get("fr", ""),
        "summary_en": place.summary.get("en", ""),
        "street": place.address.street,
        "postcode": place.address.postcode,
        "locality": place.address.locality,
        "commune": place.address.commune,
        "lat": "" if place.lat is None else canonical(place.lat),
        "lon": "" if place.lon is None else canonical(place.lon),
        "operator": operator.name,
        "legal_form": operator.legal_form,
        "siren": operator.siren,
        "rna": operator.rna,
        "hours": days.written(place.hours),
        "website": place.website,
    }


def about(entry: Entry) -> dict[str, str]:
    """Where an entry comes from: what a reader of the file must be able to cite."""
    return {
        "source": entry.source,
        "published": "1",
        "iri": entry.place.iri,
        "kind": entry.kind,
        "updated": entry.updated,
        "licence": entry.licence,
    }
