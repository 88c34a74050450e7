"""The context of the wire: it fits, it says what it must, and a stranger's cannot change what we read."""

import json
from typing import Any

import pytest

from vocab.contexts import ACTOR_CONTEXT, AS2_URL, CONTEXT, INLINE, acceptable, harmless, known

MASTODON: list[Any] = [
    AS2_URL,
    "https://w3id.org/security/v1",
    {
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "toot": "http://joinmastodon.org/ns#",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
    },
]
MOBILIZON: list[Any] = [
    AS2_URL,
    "https://litepub.example/context.jsonld",
    {
        "sc": "http://schema.org#",
        "mz": "https://joinmobilizon.org/ns#",
        "address": {"@id": "sc:address", "@type": "sc:PostalAddress"},
        "inReplyTo": {"@id": "as:inReplyTo", "@type": "@id"},
        "joinMode": {"@id": "mz:joinMode", "@type": "mz:joinModeType"},
        "location": {"@id": "sc:location", "@type": "sc:Place"},
        "value": "sc:value",
    },
]


def test_the_inline_context_fits_and_names_no_address_to_fetch() -> None:
    size = len(json.dumps(INLINE, ensure_ascii=False, separators=(",", ":")).encode())
    assert size <= 2048
    assert not any("tierslieux" in entry for entry in CONTEXT if isinstance(entry, str))


def test_the_inline_context_has_the_terms_that_travel() -> None:
    ours = "Description Report Listing TiersLieu about version sharing license graphDigest stream commitment implements"
    events = "joinMode timezone eventStatus displayEndTime organizers attendees externalParticipationUrl"
    for term in ours.split():
        assert term in INLINE
    assert INLINE["ev"] == "https://w3id.org/fep/8a8e/"
    for term in events.split():
        definition = INLINE[term]
        assert (definition["@id"] if isinstance(definition, dict) else definition) == f"ev:{term}"
    assert INLINE["maximumAttendeeCapacity"] == "schema:maximumAttendeeCapacity"


def test_no_term_of_a_public_context_is_given_another_meaning() -> None:
    for url in CONTEXT[:-1]:
        document = known(url)
        assert document is not None
        assert not set(document["@context"]) & set(INLINE)


@pytest.mark.parametrize(
    ("context", "ours", "allowed"),
    [
        (None, False, True),
        (CONTEXT, True, True),
        (AS2_URL, True, True),
        (ACTOR_CONTEXT, False, True),
        ("https://elsewhere.example/context", False, True),
        (MASTODON, False, True),
        (MOBILIZON, False, True),
        ([AS2_URL, {"@language": "und"}], False, True),
        ([AS2_URL, {"actor": {"@id": "https://www.w3.org/ns/activitystreams#actor", "@type": "@id"}}], False, True),
        ([AS2_URL, {"actor": "as:attributedTo"}], False, False),
        ([AS2_URL, {"actor": None}], False, False),
        ([AS2_URL, {"actor": {"@type": "@id"}}], False, False),
        ([AS2_URL, {"object": {"@id": "as:object", "@type": "@json"}}], False, False),
        ([AS2_URL, {"as": "https://evil.example/", "actor": "as:actor"}], False, False),
        ([AS2_URL, {"Create": "as:Delete"}], False, False),
        ([AS2_URL, {"performer": "as:actor"}], False, False),
        ([AS2_URL, {"acts": {"@reverse": "as:actor"}}], False, False),
        ([AS2_URL, {"who": "@id"}], False, False),
        ([AS2_URL, {"n": "@nest"}], False, False),
        ([AS2_URL, {"Note": {"@id": "as:Note", "@context": {"actor": "as:object"}}}], False, False),
        ([AS2_URL, {"publicKey": "schema:publicKey"}], False, False),
        ([AS2_URL, {"version": "schema:version"}], False, False),
        ([{**INLINE, "value": "tl:other"}], False, True),
        (42, False, False),
        ([[AS2_URL]], False, False),
    ],
)
def test_contexts_of_strangers(context: object, ours: bool, allowed: bool) -> None:
    assert acceptable(context) is ours
    assert harmless(context) is allowed
