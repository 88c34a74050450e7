"""Other software as it is: what Mastodon, GoToSocial, Misskey, Pleroma, Mobilizon and others really send is taken."""

from collections.abc import Callable
from typing import Any

import pytest

from federation.canonical import jcs
from federation.digest import digest_header
from federation.errors import Refused
from federation.fetch import Fetcher
from federation.keys import ActorKeys
from federation.transport import Transport
from tests.corpus.forge import CAVAGE, Forged
from tests.corpus.rig import ACTIVITY_JSON, Rig, Said, get_headers
from tests.federation.web import answering
from tests.node.net import rows
from tests.node.sender import Sender
from vocab.contexts import AS2_URL

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
MASTODON = [
    AS2_URL,
    {
        "ostatus": "http://ostatus.org#",
        "atomUri": "ostatus:atomUri",
        "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
        "conversation": "ostatus:conversation",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
        "Hashtag": "as:Hashtag",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    },
]
LITEPUB = [AS2_URL, "https://pleroma.example/schemas/litepub-0.1.jsonld", {"@language": "und"}]
MISSKEY = [
    AS2_URL,
    "https://w3id.org/security/v1",
    {
        "Key": "sec:Key",
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "quoteUrl": "as:quoteUrl",
        "toot": "http://joinmastodon.org/ns#",
        "Emoji": "toot:Emoji",
        "featured": "toot:featured",
        "discoverable": "toot:discoverable",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "misskey": "https://misskey-hub.net/ns#",
        "_misskey_content": "misskey:_misskey_content",
        "_misskey_quote": "misskey:_misskey_quote",
        "isCat": "misskey:isCat",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
    },
]
MOBILIZON = [
    AS2_URL,
    "https://litepub.social/context.jsonld",
    {
        "Hashtag": "as:Hashtag",
        "PostalAddress": "sc:PostalAddress",
        "address": {"@id": "sc:address", "@type": "sc:PostalAddress"},
        "addressCountry": "sc:addressCountry",
        "category": "sc:category",
        "commentsEnabled": {"@id": "pt:commentsEnabled", "@type": "sc:Boolean"},
        "inLanguage": "sc:inLanguage",
        "joinMode": {"@id": "mz:joinMode", "@type": "mz:joinModeType"},
        "location": {"@id": "sc:location", "@type": "sc:Place"},
        "maximumAttendeeCapacity": "sc:maximumAttendeeCapacity",
        "mz": "https://joinmobilizon.org/ns#",
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org#",
        "timezone": {"@id": "mz:timezone", "@type": "sc:Text"},
        "uuid": "sc:identifier",
        "@language": "fr",
    },
]
GOTOSOCIAL = [
    "https://gotosocial.org/ns",
    AS2_URL,
    {
        "sensitive": "as:sensitive",
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "always": {"@id": "gts:always", "@type": "@id"},
    },
]


def mastodon(by: str) -> Said:
    """A status in its Create, every member that Mastodon 4 writes."""
    note = by + "/statuses/1143"
    return {
        "@context": MASTODON,
        "id": note + "/activity",
        "type": "Create",
        "actor": by,
        "published": "2026-11-20T10:00:00Z",
        "to": [PUBLIC],
        "cc": [by + "/followers"],
        "object": {
            "id": note,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": "2026-11-20T10:00:00Z",
            "url": "https://far.example/@far/1143",
            "attributedTo": by,
            "to": [PUBLIC],
            "cc": [by + "/followers"],
            "sensitive": False,
            "atomUri": note,
            "inReplyToAtomUri": None,
            "conversation": "tag:far.example,2026-11-20:objectId=1:objectType=Conversation",
            "content": '<p>Bonjour <span class="h-card">à tous</span> 🎉</p>',
            "contentMap": {"fr": "<p>Bonjour</p>"},
            "attachment": [
                {
                    "type": "Document",
                    "mediaType": "image/png",
                    "url": "https://m.example/1.png",
                    "focalPoint": [0.0, -0.53],
                    "width": 1200,
                }
            ],
            "tag": [{"type": "Hashtag", "href": "https://far.example/tags/fab", "name": "#fab"}],
            "replies": {
                "id": note + "/replies",
                "type": "Collection",
                "first": {"type": "CollectionPage", "items": []},
            },
        },
        "signature": {
            "type": "RsaSignature2017",
            "creator": by + "#main-key",
            "created": "2026-11-20T10:00:00Z",
            "signatureValue": "c2lnbmF0dXJl",
        },
    }


def pleroma(by: str) -> Said:
    plain = mastodon(by) | {"@context": LITEPUB, "context": "https://far.example/contexts/1", "directMessage": False}
    note = plain["object"] | {
        "@context": LITEPUB,
        "source": "Bonjour",
        "id": "https://far.example/objects/1",
        "emoji": {},
    }
    return {k: v for k, v in plain.items() if k != "signature"} | {
        "object": note,
        "id": "https://far.example/activities/1",
    }


def misskey(by: str) -> Said:
    plain = mastodon(by) | {"@context": MISSKEY}
    note = plain["object"] | {"id": "https://far.example/notes/9x", "_misskey_content": None, "quoteUrl": None}
    return {k: v for k, v in plain.items() if k != "signature"} | {
        "object": note,
        "id": "https://far.example/notes/9x/activity",
    }


def mobilizon(by: str) -> Said:
    event = {
        "id": "https://far.example/events/6f1c",
        "type": "Event",
        "actor": by,
        "attributedTo": by,
        "name": "Portes ouvertes",
        "startTime": "2026-12-01T18:00:00+01:00",
        "location": {
            "type": "Place",
            "name": "L'Établi",
            "latitude": 46.17,
            "longitude": 1.87,
            "address": {"type": "PostalAddress"},
        },
        "joinMode": "free",
        "category": "MEETING",
        "draft": False,
        "to": [PUBLIC],
    }
    return {
        "@context": MOBILIZON,
        "id": event["id"] + "/activity",
        "type": "Create",
        "actor": by,
        "to": [PUBLIC],
        "object": event,
    }


def gotosocial(by: str) -> Said:
    said = mastodon(by) | {"@context": GOTOSOCIAL, "to": PUBLIC, "cc": by + "/followers"}
    policy = {"canReply": {"always": PUBLIC, "approvalRequired": []}}
    note = said["object"] | {"interactionPolicy": policy, "to": PUBLIC, "cc": by + "/followers", "attachment": []}
    return {k: v for k, v in said.items() if k != "signature"} | {"object": note}


@pytest.mark.parametrize("say", [mastodon, pleroma, misskey, mobilizon, gotosocial])
async def test_what_they_create(rig: Rig, far: Sender, say: Callable[[str], Said]) -> None:
    said = say(far.id)
    await rig.takes(far, said)
    assert rows(rig.node, "SELECT owner, sharing FROM documents WHERE own=0") == [(far.id, "public")]
    await rig.takes(far, said)
    edited = said | {
        "type": "Update",
        "id": said["id"] + "#updates/2",
        "object": said["object"] | {"updated": "2026-11-21T10:00:00Z"},
    }
    await rig.takes(far, edited)
    gone = {"id": said["object"]["id"], "type": "Tombstone", "atomUri": "x"}
    await rig.takes(far, said | {"type": "Delete", "id": gone["id"] + "#delete", "object": gone})
    assert rows(rig.node, "SELECT count(*) FROM documents WHERE own=0 AND deleted IS NULL") == [(0,)]


def changed(**headers: Any) -> Callable[[Forged], dict[str, str]]:
    def made(forged: Forged) -> dict[str, str]:
        forged.headers = headers
        return forged.cavage()

    return made


def lower_digest(forged: Forged) -> dict[str, str]:
    forged.headers = {"Digest": digest_header(forged.body).replace("SHA-256", "sha-256")}
    return forged.cavage()


def declared(text: str, covered: str = CAVAGE) -> Callable[[Forged], dict[str, str]]:
    def made(forged: Forged) -> dict[str, str]:
        now = int(forged.now.timestamp())
        forged.declared, forged.covered = text.replace("NOW", str(now)).replace("LATER", str(now + 60)), covered
        return forged.cavage()

    return made


def two_digests(forged: Forged) -> dict[str, str]:
    forged.headers = {"Digest": "unixsum=30637, " + digest_header(forged.body)}
    return forged.cavage()


TIMED = CAVAGE.replace("date", "(created) (expires)")
HABITS: list[tuple[str, Callable[[Forged], dict[str, str]]]] = [
    ("Mastodon", declared('algorithm="rsa-sha256"', "(request-target) host date digest content-type")),
    ("Pleroma", declared('algorithm="rsa-sha256"', "(request-target) content-length date digest host")),
    ("Misskey", declared('algorithm="rsa-sha256"', "(request-target) date host digest")),
    ("GoToSocial", declared('algorithm="hs2019"', "(request-target) host date digest")),
    ("no algorithm", declared("")),
    ("hs2019 with its own times", declared('algorithm="hs2019",created=NOW,expires=LATER', TIMED)),
    ("digest in lower case", lower_digest),
    ("two digests", two_digests),
    ("RFC 9421", Forged.rfc9421),
    ("ld+json", changed(**{"Content-Type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'})),
    ("a charset", changed(**{"Content-Type": "application/activity+json; charset=utf-8"})),
]


@pytest.mark.parametrize(("name", "sign"), HABITS, ids=[name for name, _ in HABITS])
async def test_how_they_sign(rig: Rig, far: Sender, name: str, sign: Callable[[Forged], dict[str, str]]) -> None:
    body = jcs(mastodon(far.id))
    forged = Forged(rig.inbox, body, far)
    headers = sign(forged)
    if "content-length" in forged.covered:
        forged.headers = {"Content-Length": str(len(body))}
        headers = forged.cavage()
    assert await rig.answer(body, headers) == (202, "")


async def test_with_and_without_the_query(rig: Rig, far: Sender) -> None:
    """Some sign `(request-target)` without the query that they send."""
    body = jcs(mastodon(far.id))
    for target in ("/inbox?a=b", "/inbox"):
        forged = Forged(rig.inbox + "?a=b", body, far, target=target)
        assert await rig.answer(body, forged.cavage(), rig.inbox + "?a=b") == (202, "")


KEY_LISTS: list[Any] = [
    lambda actor, key: {"publicKey": key | {"id": actor + "#main-key"}},
    lambda actor, key: {"publicKey": [key | {"id": actor + "#main-key"}]},
    lambda actor, key: {"publicKey": key | {"id": actor + "#main-key", "type": "Key"}, "type": ["Person", "toot:Bot"]},
    lambda actor, key: {
        "publicKey": key | {"id": actor + "#main-key"},
        "assertionMethod": ["ex:1", {"id": actor + "#e"}],
    },
    lambda actor, key: {"publicKey": key | {"id": actor + "#main-key"}, "endpoints": None, "assertionMethod": None},
]


@pytest.mark.parametrize("listed", KEY_LISTS)
async def test_how_they_list_their_key(rig: Rig, keys: ActorKeys, listed: Callable[[str, Said], Said]) -> None:
    actor = Sender(rig.evil.url + "/users/bob", keys)
    rig.shows(rig.evil, "/users/bob", keys, **listed(actor.id, {"owner": actor.id, "publicKeyPem": keys.public_pem}))
    await rig.takes(actor, mastodon(actor.id))


@pytest.mark.parametrize("name", ["/main-key", "/#main-key", "#main-key"])
async def test_a_key_with_an_address_of_its_own(rig: Rig, keys: ActorKeys, name: str) -> None:
    """As GoToSocial: the key's address shows little more than the key, and the actor only to who signs."""
    actor = Sender(rig.evil.url + "/users/bob", keys)
    key = {"id": actor.id + name, "owner": actor.id, "publicKeyPem": keys.public_pem}
    rig.shows(rig.evil, "/users/bob", keys, publicKey=key)
    stub = {"@context": AS2_URL, "id": actor.id, "type": "Person", "preferredUsername": "bob", "publicKey": key}
    rig.evil.pages["/users/bob" + name.partition("#")[0]] = (
        stub if name != "#main-key" else rig.evil.pages["/users/bob"]
    )
    body = jcs(mastodon(actor.id))
    assert await rig.answer(body, Forged(rig.inbox, body, actor, key_id=key["id"]).cavage()) == (202, "")
    assert all("Signature" in request.headers for request in rig.evil.asked)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ACTIVITY_JSON, ""),
        ("application/activity+json; charset=utf-8", ""),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', ""),
        ("application/ld+json;profile=https://www.w3.org/ns/activitystreams", ""),
        ("application/ld+json", "content_type"),
        ("application/json", "content_type"),
        ("text/html", "content_type"),
        ("application/octet-stream", "content_type"),
        ("application/activity+jsonp", "content_type"),
        ("text/plain; application/activity+json", "content_type"),
        ("image/svg+xml; profile=https://www.w3.org/ns/activitystreams", "content_type"),
    ],
)
async def test_a_file_that_somebody_left_is_no_actor(rig: Rig, keys: ActorKeys, kind: str, expected: str) -> None:
    """Only what a host means as ActivityPub speaks for it, for many hosts keep the files of anybody."""
    rig.shows(rig.evil, "/files/1.json", keys)
    document = rig.evil.pages["/files/1.json"]
    rig.evil.pages["/files/1.json"] = answering(body=jcs(document), Content_Type=kind)
    async with Transport(frozenset({rig.evil.host})) as transport:
        found = await Fetcher(transport, rig.clock).actor(rig.evil.url + "/files/1.json")
    assert (found.reason if isinstance(found, Refused) else "") == expected


async def test_reading_as_they_sign_it(rig: Rig, far: Sender) -> None:
    """Signed GETs: as Mastodon, with the host's default port, with other headers covered, and by RFC 9421."""
    url = rig.node.config.actor("etabli") + "/outbox"
    ways = [
        get_headers(far, url),
        Forged(
            url, b"", far, "(request-target) host date accept", method="GET", headers={"Accept": ACTIVITY_JSON}
        ).cavage(),
        Forged(url, b"", far, "(request-target) host date", "", method="GET").cavage(),
        Forged(url, b"", far, "@method @target-uri", method="GET").rfc9421(),
        Forged(url, b"", far, "@method @authority @path", method="GET").rfc9421(),
    ]
    for headers in ways:
        async with rig.session.get(url, headers={**headers, "Accept": ACTIVITY_JSON}) as response:
            assert (response.status, response.headers["Cache-Control"]) == (200, "private, no-store")
