"""Signed reading is judged as a message is: one signature, of now, for us, by the algorithm of its owner's key."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.keys import ActorKeys
from node.context import utc_now
from node.store import host_rules
from tests.corpus.attacks import attack
from tests.corpus.forge import Forged
from tests.corpus.rig import ACTIVITY_JSON, Rig, untouched
from tests.node.net import rows
from tests.node.sender import Sender

READ = "(request-target) host date"
MODERN = "@method @target-uri"
Change = Callable[[], dict[str, Any]]


def seconds(later: float) -> int:
    return int(utc_now().timestamp() + later)


async def get(rig: Rig, url: str, headers: Any, method: str = "GET") -> tuple[int, str, bytes]:
    """Status, reason of a refusal, and what was shown; nothing may change by reading."""
    with untouched(rig.node):
        request = rig.session.request(method, url, headers={**dict(headers), "Accept": ACTIVITY_JSON})
        async with request as response:
            body = await response.read()
            is_problem = response.content_type == "application/problem+json" and method == "GET"
            return response.status, json.loads(body)["reason"] if is_problem else "", body


def granted(rig: Rig, to: Sender) -> str:
    """The address of a document that only this actor may read."""
    row = f"('{rig.node.config.actor('etabli')}', '{to.id}', 'network', '')"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO grants VALUES {row}"))
    [(document,)] = rows(rig.node, "SELECT id FROM documents WHERE own=1 AND sharing='network'")
    return str(document)


CAVAGE: list[tuple[str, Change]] = [
    ("not_covered", lambda: {"covered": "date"}),
    ("not_covered", lambda: {"covered": "host date"}),
    ("not_covered", lambda: {"covered": "(request-target) date"}),
    ("not_covered", lambda: {"covered": "(request-target) host"}),
    ("signature_component", lambda: {"covered": " "}),
    ("signature_component", lambda: {"covered": READ + " host"}),
    ("algorithm", lambda: {"declared": 'algorithm="hmac-sha256"'}),
    ("algorithm", lambda: {"declared": 'algorithm="none"'}),
    ("signature_form", lambda: {"declared": 'algorithm="hs2019",algorithm="rsa-sha256"'}),
    ("stale", lambda: {"now": utc_now() - timedelta(minutes=6)}),
    ("future", lambda: {"now": utc_now() + timedelta(minutes=6)}),
    ("expired", lambda: {"declared": f'algorithm="hs2019",expires={seconds(-1)}'}),
    ("wrong_target", lambda: {"headers": {"Host": "other.example"}}),
    ("signature", lambda: {"method": "POST"}),
    ("signature", lambda: {"method": "HEAD"}),
    ("signature", lambda: {"target": "/places/etabli/documents/other"}),
]
RFC9421: list[tuple[str, Change]] = [
    ("not_covered", lambda: {"covered": "@method"}),
    ("not_covered", lambda: {"covered": "@target-uri"}),
    ("not_covered", lambda: {"covered": "@method @path"}),
    ("not_covered", lambda: {"covered": "@method @authority"}),
    ("not_covered", lambda: {"declared": ';keyid="https://far.example/places/far#main-key"'}),
    (
        "algorithm",
        lambda: {
            "declared": f';created={seconds(0)};keyid="https://far.example/places/far#main-key";alg="hmac-sha256"'
        },
    ),
    ("stale", lambda: {"now": utc_now() - timedelta(minutes=6)}),
    ("future", lambda: {"now": utc_now() + timedelta(minutes=6)}),
    ("wrong_target", lambda: {"headers": {"Host": "other.example"}}),
    ("signature", lambda: {"method": "POST"}),
    ("signature", lambda: {"target": "/places/etabli/documents/other"}),
]


@attack("S09", "R01")
@pytest.mark.parametrize(("reason", "change"), CAVAGE)
async def test_cavage(rig: Rig, far: Sender, reason: str, change: Change) -> None:
    url = granted(rig, far)
    made = Forged(url, b"", far, **({"covered": READ, "method": "GET"} | change()))
    status, found, body = await get(rig, url, made.cavage())
    assert (status, found) == (401, reason)
    assert b"22222" not in body


@attack("S09", "R01")
@pytest.mark.parametrize(("reason", "change"), RFC9421)
async def test_rfc9421(rig: Rig, far: Sender, reason: str, change: Change) -> None:
    url = granted(rig, far)
    made = Forged(url, b"", far, **({"covered": MODERN, "method": "GET"} | change()))
    status, found, body = await get(rig, url, made.rfc9421())
    assert (status, found) == (401, reason)
    assert b"22222" not in body


async def test_one_signature_by_the_key_of_who_may_read(
    rig: Rig, far: Sender, thief: Sender, neighbour: Sender
) -> None:
    url = granted(rig, far)
    mine, other = (Forged(url, b"", by, READ, method="GET").cavage() for by in (far, thief))
    assert (await get(rig, url, mine))[2].count(b"22222") == 1
    twice = [*mine.items(), ("Signature", other["Signature"]), ("Accept", ACTIVITY_JSON)]
    async with rig.session.get(url, headers=twice) as response:
        assert (await response.json(content_type=None))["reason"] == "several_signatures"
    for by in (thief, neighbour):
        assert (await get(rig, url, Forged(url, b"", by, READ, method="GET").cavage()))[0] == 404
        stolen = Forged(url, b"", by, READ, method="GET", key_id=far.id + "#main-key").cavage()
        assert (await get(rig, url, stolen))[:2] == (401, "signature")
    pem = Forged(url, b"", far, READ, method="GET", key=far.keys.public_pem.encode()).cavage()
    assert (await get(rig, url, pem))[:2] == (401, "signature")
    swapped = Forged(url, b"", far, READ, method="GET", key=far.keys.ed25519).cavage()
    assert (await get(rig, url, swapped))[:2] == (401, "signature")


async def test_a_key_that_cannot_be_had_proves_nothing(rig: Rig, far: Sender, keys: ActorKeys) -> None:
    """At an address that is not to be asked, or in the hands of another: what anybody may read, and no more."""
    url = granted(rig, far)
    nobody = Sender(rig.victim.url + "/nobody", keys)
    for key_id in (rig.outside.url + "/a#main-key", nobody.id + "#main-key", far.id + "#other", "x", "https://["):
        made = Forged(url, b"", nobody, READ, method="GET", key_id=key_id).cavage()
        assert (await get(rig, url, made))[0] == 404, key_id
        listing = rig.node.config.actor("etabli") + "/documents"
        shown = Forged(listing, b"", nobody, READ, method="GET", key_id=key_id).cavage()
        status, _, body = await get(rig, listing, shown)
        assert status in (200, 401)
        assert url.encode() not in body
    assert rig.outside.asked == []


async def test_heads_tell_no_more(rig: Rig, far: Sender, thief: Sender) -> None:
    url = granted(rig, far)
    never = rig.node.config.actor("etabli") + "/documents/AAAAAAAAAAAAAAAAAAAAAA"
    for by in (None, thief):
        answers = []
        for each in (url, never):
            headers = Forged(each, b"", by, READ, method="HEAD").cavage() if by else {}
            answers.append((await get(rig, each, headers, "HEAD"))[0])
        assert answers == [404, 404]
    assert (await get(rig, url, Forged(url, b"", far, READ, method="HEAD").cavage(), "HEAD"))[0] == 200


@attack("I15")
async def test_blocked_hosts_read_nothing_signed(rig: Rig, far: Sender) -> None:
    url = granted(rig, far)
    rig.node.store.write(lambda connection: host_rules.put(connection, "far.example", host_rules.BLOCK, "", ""))
    await asyncio.sleep(0.12)  # a change is seen within a tenth of a second
    for sign in (Forged.cavage, Forged.rfc9421):
        covered = READ if sign is Forged.cavage else MODERN
        status, reason, body = await get(rig, url, sign(Forged(url, b"", far, covered, method="GET")))
        assert (status, reason) == (403, "blocked")
        assert b"22222" not in body
    assert (await get(rig, url, {}))[0] == 404
    public = rig.node.config.actor("etabli") + "/documents/description"
    assert (await get(rig, public, {}))[0] == 200
