"""The JSON-LD context of the wire: five known URLs, then one inline, frozen object of ours.

Peers fetch the contexts they do not know and fail on ours, so the object travels whole and byte-identical, and no
URL of ours is in it. `known` gives what we need of the public contexts, written from their specifications
(ActivityStreams 2.0 §8; security-v1; DID core §3; multikey and data-integrity, VC-DI): nothing is ever fetched.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from vocab import terms

AS2_URL = "https://www.w3.org/ns/activitystreams"
SECURITY_URL = "https://w3id.org/security/v1"
DID_URL = "https://www.w3.org/ns/did/v1"
MULTIKEY_URL = "https://w3id.org/security/multikey/v1"
DATA_INTEGRITY_URL = "https://w3id.org/security/data-integrity/v2"


def _iri(term: str) -> dict[str, str]:
    return {"@id": term, "@type": "@id"}


INLINE: Mapping[str, Any] = {
    "tl": terms.TL,
    "tlc": terms.CONCEPT,
    "tli": terms.INDICATOR,
    "schema": terms.SCHEMA,
    "sa": terms.SDMX_ATTRIBUTE,
    "ev": terms.FEP_8A8E,
    "Description": "tl:Description",
    "Report": "tl:Report",
    "Listing": "tl:Listing",
    "TiersLieu": "tl:TiersLieu",
    "Observation": terms.QB + "Observation",
    "about": _iri("schema:about"),
    "version": {"@id": "tl:version", "@type": "xsd:integer"},
    "sharing": "tl:sharing",
    "license": _iri(terms.DCT + "license"),
    "graphDigest": "tl:graphDigest",
    "description": {"@id": "schema:description", "@container": "@language"},
    "typology": _iri("tl:typology"),
    "buildingOrigin": _iri("tl:buildingOrigin"),
    "programme": _iri("tl:programme"),
    "status": _iri("tl:status"),
    "legalForm": _iri("tl:legalForm"),
    "commune": "tl:commune",
    "operator": _iri("tl:operator"),
    "address": "schema:address",
    "geo": "schema:geo",
    "hours": "schema:openingHoursSpecification",
    "observations": "tl:observation",
    "place": _iri("tl:place"),
    "indicator": _iri("tl:indicator"),
    "period": terms.SDMX_DIMENSION + "refPeriod",
    "value": {"@id": "tl:value", "@type": "xsd:decimal"},
    "unit": "sa:unitMeasure",
    "obsStatus": "sa:obsStatus",
    "confStatus": "sa:confStatus",
    "method": "tl:method",
    "breakdown": _iri("tl:breakdown"),
    "stream": "tl:stream",
    "n": "tl:n",
    "commitment": "tl:commitment",
    "seq": "tl:seq",
    "salt": "tl:salt",
    "epoch": "tl:epoch",
    "implements": _iri(terms.FEP_844E + "implements"),
    "attendees": _iri("ev:attendees"),
    "displayEndTime": "ev:displayEndTime",
    "eventStatus": {"@id": "ev:eventStatus", "@type": "@vocab"},
    "externalParticipationUrl": "ev:externalParticipationUrl",
    "joinMode": "ev:joinMode",
    "maximumAttendeeCapacity": "schema:maximumAttendeeCapacity",
    "organizers": _iri("ev:organizers"),
    "timezone": "ev:timezone",
}

CONTEXT: list[Any] = [AS2_URL, SECURITY_URL, DID_URL, MULTIKEY_URL, DATA_INTEGRITY_URL, INLINE]

# Of actors only: fields as Mastodon names them (their `value` is not that of an observation), and how to be followed.
_MASTODON_SCHEMA = "http://schema.org#"
ACTOR_TERMS: Mapping[str, Any] = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "discoverable": "http://joinmastodon.org/ns#discoverable",
    "PropertyValue": {
        "@id": _MASTODON_SCHEMA + "PropertyValue",
        "@context": {"value": _MASTODON_SCHEMA + "value"},
    },
}
ACTOR_CONTEXT: list[Any] = [*CONTEXT, ACTOR_TERMS]

_AS2_CLASSES = (
    "Accept Activity IntransitiveActivity Add Announce Application Arrive Article Audio Block Collection "
    "CollectionPage Relationship Create Delete Dislike Document Event Follow Flag Group Ignore Image Invite Join "
    "Leave Like Link Mention Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person "
    "Place Profile Question Reject Remove Service TentativeAccept TentativeReject Tombstone Undo Update Video View "
    "Listen Read Move Travel IsFollowing IsFollowedBy IsContact IsMember"
)
_AS2_IRIS = (
    "actor attachment attributedTo audience bcc bto cc context current first generator icon image inReplyTo items "
    "instrument last location object next oneOf anyOf prev preview origin replies result partOf tag target to url "
    "href inbox outbox following followers streams preferredUsername endpoints likes shares sharedInbox alsoKnownAs"
)
_AS2_DATES = "published updated startTime endTime closed deleted"
_AS2_PLAIN = "content name summary mediaType hreflang rel preferredUsername units accuracy"


def _activitystreams() -> dict[str, Any]:
    context: dict[str, Any] = {"@vocab": "_:", "as": terms.AS2, "id": "@id", "type": "@type", "xsd": terms.XSD}
    context |= {name: "as:" + name for name in _AS2_CLASSES.split()}
    context |= {name: _iri("as:" + name) for name in _AS2_IRIS.split()}
    context |= {name: {"@id": "as:" + name, "@type": "xsd:dateTime"} for name in _AS2_DATES.split()}
    context |= {name: "as:" + name for name in _AS2_PLAIN.split()}
    context |= {
        f"{name}Map": {"@id": "as:" + name, "@container": "@language"} for name in ("content", "name", "summary")
    }
    context["orderedItems"] = {"@id": "as:items", "@type": "@id", "@container": "@list"}
    context["totalItems"] = {"@id": "as:totalItems", "@type": "xsd:nonNegativeInteger"}
    context["inbox"] = _iri(_LDP + "inbox")
    context |= {
        name: {"@id": "as:" + name, "@type": "xsd:float"} for name in ("latitude", "longitude", "altitude", "radius")
    }
    context["duration"] = {"@id": "as:duration", "@type": "xsd:duration"}
    return context


_SEC = "https://w3id.org/security#"
_LDP = "http://www.w3.org/ns/ldp#"
_KNOWN: dict[str, dict[str, Any]] = {
    AS2_URL: _activitystreams(),
    SECURITY_URL: {
        "publicKey": _iri(_SEC + "publicKey"),
        "owner": _iri(_SEC + "owner"),
        "publicKeyPem": _SEC + "publicKeyPem",
    },
    DID_URL: {
        "assertionMethod": _iri(_SEC + "assertionMethod"),
        "capabilityInvocation": _iri(_SEC + "capabilityInvocationMethod"),
        "controller": _iri(_SEC + "controller"),
        "verificationMethod": _iri(_SEC + "verificationMethod"),
    },
    MULTIKEY_URL: {"Multikey": _SEC + "Multikey", "publicKeyMultibase": _SEC + "publicKeyMultibase"},
    DATA_INTEGRITY_URL: {"proof": _iri(_SEC + "proof"), "DataIntegrityProof": _SEC + "DataIntegrityProof"},
}


def known(url: str) -> dict[str, Any] | None:
    """What we need of a public context, wrapped as a context document; None for a URL that we do not have."""
    context = _KNOWN.get(url)
    return None if context is None else {"@context": context}


def acceptable(context: object) -> bool:
    """Whether a received `@context` holds only known URLs and, at most, exactly our inline object."""
    entries = context if isinstance(context, list) else [context]
    return all(entry in _KNOWN if isinstance(entry, str) else entry == INLINE for entry in entries)


_DECISIVE_PROPERTIES = (
    "actor object target origin attributedTo to bto cc bcc audience published updated deleted inbox outbox followers "
    "following endpoints sharedInbox alsoKnownAs preferredUsername generator url href items orderedItems totalItems "
    "first last next prev partOf"
)


def _decisive() -> dict[str, object]:
    """The terms on which somebody acts, as we define them."""
    activity_streams = _KNOWN[AS2_URL]
    names = ["id", "type", *_AS2_CLASSES.split(), *_DECISIVE_PROPERTIES.split()]
    found: dict[str, object] = {name: activity_streams[name] for name in names}
    for url in (SECURITY_URL, DID_URL, MULTIKEY_URL, DATA_INTEGRITY_URL):
        found |= _KNOWN[url]
    return found | {name: INLINE[name] for name in ("Description", "Report", "Listing", "version", "sharing")}


_PREFIXES = {"as": terms.AS2, "sec": _SEC, "ldp": _LDP, "tl": terms.TL, "xsd": terms.XSD}
_SCOPE: Mapping[str, object] = {**_KNOWN[AS2_URL], **_PREFIXES}
_DEEPEST = 8
MAX_CHARACTERS = 16_384  # of a context as JSON


def _written_out(name: object, scope: Mapping[str, object], left: int = _DEEPEST) -> str:
    """What a term, compact IRI or IRI stands for (JSON-LD 1.1 §5.2 of its API); `""` for what stands for nothing."""
    if not isinstance(name, str) or not left:
        return ""
    prefix, colon, rest = name.partition(":")
    if name[:1] == "@" or rest[:2] == "//" or (colon and prefix not in scope):
        return name
    if name in scope and name != "@vocab":
        return _stands_for(name, scope, left - 1)
    return _stands_for(prefix, scope, left - 1) + rest if colon else str(scope.get("@vocab") or "") + name


def _stands_for(term: str, scope: Mapping[str, object], left: int = _DEEPEST) -> str:
    definition = scope[term]
    named = definition.get("@id", term) if isinstance(definition, dict) else definition
    if named != term:
        return _written_out(named, scope, left)
    return _written_out(term, {name: value for name, value in scope.items() if name != term}, left)


def _read_as(definition: object, scope: Mapping[str, object]) -> tuple[str, str]:
    """How the values of a term are read: their type, and the shape that holds them."""
    if not isinstance(definition, dict):
        return "", ""
    return _written_out(definition.get("@type", ""), scope), str(definition.get("@container", ""))


_DECISIVE = {
    name: (_stands_for(name, {**_SCOPE, name: definition}), *_read_as(definition, _SCOPE))
    for name, definition in _decisive().items()
}
_DECISIVE_IRIS = frozenset(iri for iri, _, _ in _DECISIVE.values())
_BEGINNINGS = frozenset(iri[:end] for iri in _DECISIVE_IRIS for end in range(len(iri) + 1))
_SAYS_OF_A_CONTEXT = frozenset({"@version", "@language", "@direction", "@protected", "@vocab"})
_SAYS_OF_A_TERM = frozenset(
    {"@id", "@type", "@container", "@language", "@direction", "@protected", "@prefix", "@context"}
)
_CONTAINERS = ("@list", "@set", "@language")

ALIAS = "alias"
REDEFINED = "redefined"


def is_disguised(key: str) -> bool:
    """Whether a member's name is a term that decides who says what to whom under another spelling, as `as:actor`.

    Not those of keys: a key under another name is a key that nobody finds.
    """
    iri = _written_out(key, _SCOPE) if ":" in key else ""
    return iri in _DECISIVE_IRIS and not iri.startswith(_SEC)


def harm(context: object) -> str:
    """What a stranger's `@context` does to our reading of JSON keys: nothing (`""`), `alias` or `redefined`.

    It may add terms, give another meaning to those that we do not act on (as most servers do: `value`, `location`),
    and name contexts that we do not have. It may redefine no term that decides who says what to whom, alias neither a
    keyword nor one of those terms, nor name the beginning of one.
    """
    if context is None or context == CONTEXT:
        return ""
    text = json.dumps(context)
    return _harm_of_text(text) if len(text) <= MAX_CHARACTERS else REDEFINED


@lru_cache(maxsize=512)
def _harm_of_text(context: str) -> str:
    return _harm(json.loads(context), _SCOPE)


def harmless(context: object) -> bool:
    """Whether it does nothing."""
    return not harm(context)


def _harm(context: object, scope: Mapping[str, object]) -> str:
    for entry in context if isinstance(context, list) else [context]:
        if isinstance(entry, str) or entry == INLINE:
            continue
        if not isinstance(entry, dict):
            return REDEFINED
        scope = {**scope, **entry}
        for term, definition in entry.items():
            found = _harm_of_keyword(term, definition, scope) if term[:1] == "@" else _harm_of(term, definition, scope)
            if found:
                return found
    return ""


def _harm_of_keyword(keyword: str, value: object, scope: Mapping[str, object]) -> str:
    if keyword not in _SAYS_OF_A_CONTEXT:
        return REDEFINED
    if keyword != "@vocab" or value in (None, "_:"):
        return ""
    return ALIAS if _begins(_written_out(value, {**scope, "@vocab": ""})) else ""


def _begins(iri: str) -> bool:
    """Whether something could be written after it that makes one of our terms; a whole vocabulary keeps its names."""
    return iri in _BEGINNINGS and iri not in _PREFIXES.values()


def _harm_of(term: str, definition: object, scope: Mapping[str, object]) -> str:
    if definition is None and term not in _DECISIVE:
        return ""
    if isinstance(definition, dict):
        if definition.keys() - _SAYS_OF_A_TERM:
            return ALIAS
        within = _harm(definition["@context"], scope) if definition.get("@context") is not None else ""
        if within:
            return within
    iri, (kind, container) = _stands_for(term, scope), _read_as(definition, scope)
    if term in _DECISIVE:
        same = iri == _DECISIVE[term][0] and kind in ("", _DECISIVE[term][1])
        return "" if same and container in ("", "@set", _DECISIVE[term][2]) else REDEFINED
    if term in _PREFIXES:
        return "" if iri == _PREFIXES[term] else REDEFINED
    reshapes = container not in ("", *_CONTAINERS)
    return ALIAS if reshapes or not iri or iri[0] == "@" or iri in _PREFIXES.values() or _begins(iri) else ""
