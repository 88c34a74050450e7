"""Who signed, what, for whom and when: requests that a node must refuse, in both dialects."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.clock import http_date
from federation.digest import digest_header
from federation.keys import ActorKeys
from node.context import utc_now
from tests.corpus.attacks import attack
from tests.corpus.forge import CAVAGE, RFC9421, Forged
from tests.corpus.rig import Rig, get_headers, raw
from tests.node.sender import Sender

Changed = dict[str, Any]
ELSEWHERE = "other.example"


def forged(rig: Rig, by: Sender, **changed: Any) -> Forged:
    body = by.sent[by.say(rig.count, "Follow", rig.node.config.node_actor)]
    return replace(Forged(rig.inbox, body, by), **changed)


def seconds(later: float) -> int:
    return int(utc_now().timestamp() + later)


def created(later: float, more: str = "") -> str:
    return f'algorithm="hs2019",created={seconds(later)}{more}'


CREATED = CAVAGE.replace("date", "(created)")
CAVAGE_CASES: list[tuple[str, Callable[[], Changed]]] = [
    ("not_covered", lambda: {"covered": "date"}),
    ("not_covered", lambda: {"covered": "host date digest content-type"}),
    ("not_covered", lambda: {"covered": "(request-target) date digest"}),
    ("not_covered", lambda: {"covered": "(request-target) host digest"}),
    ("not_covered", lambda: {"covered": "(request-target) host date"}),
    ("not_covered", lambda: {"covered": "(request-target) host (expires) digest", "declared": created(0)}),
    ("signature_component", lambda: {"covered": " "}),
    ("signature_component", lambda: {"covered": CAVAGE + " date"}),
    ("signature_component", lambda: {"covered": CAVAGE.upper()}),
    ("signature_component", lambda: {"covered": CREATED, "declared": 'algorithm="hs2019"'}),
    ("header_absent", lambda: {"headers": {"Digest": None}}),
    ("header_absent", lambda: {"covered": CAVAGE + " x-never-sent"}),
    ("algorithm", lambda: {"declared": 'algorithm="hmac-sha256"'}),
    ("algorithm", lambda: {"declared": 'algorithm="none"'}),
    ("algorithm", lambda: {"declared": 'algorithm="rsa-sha1"'}),
    ("algorithm", lambda: {"declared": 'algorithm="RSA-SHA256"'}),
    ("algorithm", lambda: {"covered": CREATED, "declared": created(0).replace("hs2019", "rsa-sha256")}),
    ("signature_form", lambda: {"declared": 'algorithm="rsa-sha256",algorithm="hs2019"'}),
    ("signature_form", lambda: {"declared": 'algorithm="hs2019",keyId="https://thief.example/x#main-key"'}),
    ("signature_form", lambda: {"declared": 'algorithm="hs2019",nonce="1"'}),
    ("signature_form", lambda: {"covered": CREATED, "declared": f'algorithm="hs2019",created="{seconds(0)}"'}),
    ("stale", lambda: {"now": utc_now() - timedelta(hours=1)}),
    ("future", lambda: {"now": utc_now() + timedelta(minutes=10)}),
    ("stale", lambda: {"covered": CREATED, "declared": created(-3600)}),
    ("future", lambda: {"covered": CREATED, "declared": created(600)}),
    ("expired", lambda: {"covered": CREATED, "declared": created(-60, f",expires={seconds(-1)}")}),
    ("expired", lambda: {"declared": f'algorithm="hs2019",expires={seconds(-1)}'}),
    ("stale", lambda: {"covered": CAVAGE + " (created)", "declared": created(-3600)}),
    ("date_form", lambda: {"headers": {"Date": utc_now().isoformat()}}),
    ("date_form", lambda: {"headers": {"Date": http_date(utc_now()).replace("GMT", "+0000")}}),
    ("wrong_target", lambda: {"headers": {"Host": ELSEWHERE}}),
    ("wrong_target", lambda: {"headers": {"Host": ELSEWHERE, "X-Forwarded-Host": "127.0.0.1"}}),
    ("digest", lambda: {"headers": {"Digest": digest_header(b"another")}}),
    ("digest_form", lambda: {"headers": {"Digest": "md5=1B2M2Y8AsgTpgAmY7PhCfg=="}}),
    ("digest_form", lambda: {"headers": {"Digest": "SHA-256"}}),
    ("key_form", lambda: {"key_id": "main-key"}),
    ("key_form", lambda: {"key_id": "https://FAR.example/places/far#main-key"}),
    ("key_form", lambda: {"key_id": "https://far.example./places/far#main-key"}),
    ("key_form", lambda: {"key_id": "https://user@far.example/places/far#main-key"}),
    ("key_form", lambda: {"key_id": "https://f%61r.example/places/far#main-key"}),
    ("signature", lambda: {"method": "GET"}),
    ("signature", lambda: {"method": "PUT"}),
    ("signature", lambda: {"target": "/actor/inbox"}),
    ("signature", lambda: {"target": "/inbox?x=1"}),
]


@attack("S09", "R01")
@pytest.mark.parametrize(("reason", "change"), CAVAGE_CASES)
async def test_cavage(rig: Rig, far: Sender, reason: str, change: Callable[[], Changed]) -> None:
    made = forged(rig, far, **change())
    await rig.refuses(reason, made.body, made.cavage())


def parameters(later: float = 0, more: str = "", key_id: str = "https://far.example/places/far#main-key") -> str:
    return f';created={seconds(later)};keyid="{key_id}"{more}'


RFC9421_CASES: list[tuple[str, Callable[[], Changed]]] = [
    ("not_covered", lambda: {"covered": "@method @target-uri"}),
    ("not_covered", lambda: {"covered": "@target-uri content-digest"}),
    ("not_covered", lambda: {"covered": "@method content-digest"}),
    ("not_covered", lambda: {"covered": "@method @authority content-digest"}),
    ("not_covered", lambda: {"covered": "@method @path content-digest"}),
    ("not_covered", lambda: {"covered": " "}),
    ("not_covered", lambda: {"declared": ';keyid="https://far.example/places/far#main-key"'}),
    ("signature_form", lambda: {"declared": f";created={seconds(0)}"}),
    ("signature_form", lambda: {"declared": parameters().replace(f"={seconds(0)}", "=1.5")}),
    ("signature_component", lambda: {"covered": RFC9421 + ' "@method";req'}),
    ("signature_component", lambda: {"covered": '@method @target-uri "content-digest";bs'}),
    ("signature_component", lambda: {"covered": RFC9421 + " @status"}),
    ("signature_component", lambda: {"covered": RFC9421 + " date date"}),
    ("algorithm", lambda: {"declared": parameters(more=';alg="hmac-sha256"')}),
    ("algorithm", lambda: {"declared": parameters(more=';alg="rsa-pss-sha512"')}),
    ("algorithm", lambda: {"declared": parameters(more=';alg="ed25519"')}),
    ("stale", lambda: {"declared": parameters(-3600)}),
    ("future", lambda: {"declared": parameters(600)}),
    ("stale", lambda: {"covered": RFC9421 + " date", "headers": {"Date": http_date(utc_now() - timedelta(hours=1))}}),
    ("expired", lambda: {"declared": parameters(-60, f";expires={seconds(-1)}")}),
    ("wrong_target", lambda: {"headers": {"Host": ELSEWHERE}}),
    ("digest", lambda: {"headers": {"Content-Digest": "sha-256=:" + digest_header(b"")[8:] + ":"}}),
    ("digest_form", lambda: {"headers": {"Content-Digest": "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"}}),
    ("header_absent", lambda: {"headers": {"Content-Digest": None}}),
    ("signature", lambda: {"method": "GET"}),
    ("signature", lambda: {"target": "/actor/inbox"}),
    ("signature", lambda: {"target": "/inbox?x=1"}),
    ("key_form", lambda: {"key_id": "https://far.example:/places/far#main-key"}),
]


@attack("S09", "R01")
@pytest.mark.parametrize(("reason", "change"), RFC9421_CASES)
async def test_rfc9421(rig: Rig, far: Sender, reason: str, change: Callable[[], Changed]) -> None:
    made = forged(rig, far, **change())
    await rig.refuses(reason, made.body, made.rfc9421())


@attack("S11")
async def test_a_public_key_is_no_secret(rig: Rig, far: Sender) -> None:
    """A MAC keyed by what everybody can read, under every name that an algorithm may be given."""
    pem = far.keys.public_pem.encode()
    for secret in (pem, pem.strip(), far.keys.multibase.encode(), b""):
        for name in ("hmac-sha256", "hs2019", "rsa-sha256", ""):
            made = forged(rig, far, key=secret, declared=f'algorithm="{name}"')
            await rig.refuses("algorithm" if name.startswith("hmac") else "signature", made.body, made.cavage())
        for name in ("hmac-sha256", "rsa-v1_5-sha256"):
            made = forged(rig, far, key=secret, declared=parameters(more=f';alg="{name}"'))
            await rig.refuses("algorithm" if name.startswith("hmac") else "signature", made.body, made.rfc9421())


async def test_the_kind_of_key_decides(rig: Rig, far: Sender) -> None:
    """Ed25519 under the name of an RSA key, and the other way."""
    ed25519 = far.id + "#ed25519-key"
    made = forged(rig, far, key=far.keys.ed25519)
    await rig.refuses("signature", made.body, made.cavage())
    await rig.refuses("signature", made.body, made.rfc9421())
    made = forged(rig, far, key_id=ed25519)
    await rig.refuses("algorithm", made.body, made.cavage())
    await rig.refuses("signature", made.body, made.rfc9421())
    made = forged(rig, far, key_id=ed25519, declared=parameters(more=';alg="rsa-v1_5-sha256"', key_id=ed25519))
    await rig.refuses("algorithm", made.body, made.rfc9421())


async def test_several_signatures_are_none(rig: Rig, far: Sender, thief: Sender) -> None:
    made = forged(rig, far)
    good, other = made.cavage(), forged(rig, thief, body=made.body).cavage()
    for second in (good["Signature"], other["Signature"]):
        await rig.refuses("several_signatures", made.body, [*good.items(), ("Signature", second)])
    modern = made.rfc9421()
    twice = modern | {
        "Signature-Input": f"{modern['Signature-Input']}, sig2={modern['Signature-Input'].removeprefix('sig1=')}",
        "Signature": f"{modern['Signature']}, sig2={modern['Signature'].removeprefix('sig1=')}",
    }
    await rig.refuses("several_signatures", made.body, twice)
    await rig.refuses("signature_form", made.body, [*modern.items(), ("Signature", good["Signature"])])
    await rig.refuses("signature_form", made.body, good | {"Signature-Input": modern["Signature-Input"]})
    await rig.refuses("signature_form", made.body, modern | {"Signature": modern["Signature"].replace("sig1", "sig2")})
    await rig.refuses("unsigned", made.body, {name: value for name, value in modern.items() if name != "Signature"})


async def test_a_signature_stands_in_its_own_header(rig: Rig, far: Sender) -> None:
    made = forged(rig, far)
    good = made.cavage()
    unsigned = {name: value for name, value in good.items() if name != "Signature"}
    await rig.refuses("unsigned", made.body, unsigned)
    await rig.refuses("unsigned", made.body, unsigned | {"Authorization": "Signature " + good["Signature"]})
    await rig.refuses("signature_form", made.body, good | {"Signature": ""})
    await rig.refuses("signature_form", made.body, good | {"Signature": good["Signature"] + ","})


@pytest.mark.parametrize("name", ["Date", "Digest", "Content-Type"])
async def test_a_covered_header_comes_once(rig: Rig, far: Sender, name: str) -> None:
    made = forged(rig, far)
    good = made.cavage()
    for value in (good[name], "x"):
        status = await raw_post(rig, made.body, [*good.items(), (name, value)])
        assert status in (400, 401, 415), (name, value)


async def raw_post(rig: Rig, body: bytes, headers: list[tuple[str, str]], target: str = "/inbox") -> int:
    """The status of a POST written byte for byte, after which no row has changed."""
    from tests.corpus.rig import untouched

    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    with untouched(rig.node):
        async with raw(rig.node) as send:
            line = await send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    return int(line.split(" ")[1])


async def test_a_request_has_one_target(rig: Rig, far: Sender) -> None:
    """Two hosts, a host in the request line, a body with two lengths: nothing that two readers read differently."""
    made = forged(rig, far)
    good = list(made.cavage().items())
    assert await raw_post(rig, made.body, [*good, ("Host", ELSEWHERE)]) in (400, 401)
    assert await raw_post(rig, made.body, [*good, ("host", made.cavage()["Host"])]) in (400, 401)
    for host in (ELSEWHERE, rig.node.config.authority):
        target = f"http://{host}/inbox"
        absolute = forged(rig, far, target=target)
        for headers in (absolute.cavage(), absolute.rfc9421(), made.cavage(), made.rfc9421()):
            assert await raw_post(rig, absolute.body, list(headers.items()), target) == 401
    for host in ("{}:443", "{}:80", "{}.", "{}/", "{}@other.example", "{}, other.example", "user@{}", "{}:"):
        other = forged(rig, far, headers={"Host": host.format(rig.node.config.authority)})
        for headers in (other.cavage(), other.rfc9421()):
            assert await raw_post(rig, other.body, list(headers.items())) in (400, 401), host
    length = ("Content-Length", str(len(made.body)))
    chunked = f"{len(made.body):x}\r\n".encode() + made.body + b"\r\n0\r\n\r\n"
    assert await raw_post(rig, chunked, [*good, length, ("Transfer-Encoding", "chunked")]) == 400
    unsigned = [(name, value) for name, value in good if name != "Signature"]
    trailed = chunked[:-2] + f"Signature: {dict(good)['Signature']}\r\n\r\n".encode()
    assert await raw_post(rig, trailed, [*unsigned, ("Transfer-Encoding", "chunked"), ("Trailer", "Signature")]) == 401
    for odd in ("chunked, identity", "xchunked", "chunked;a=b"):
        assert await raw_post(rig, chunked, [*good, ("Transfer-Encoding", odd)]) in (400, 415, 501), odd
    assert await raw_post(rig, made.body, [*good, length, ("Content-Length", "5")]) == 400
    assert await raw_post(rig, made.body, [*good, ("Content-Length", f"+{len(made.body)}")]) == 400
    assert await raw_post(rig, made.body, [*good, length, ("Signature ", "x")]) == 400
    assert await raw_post(rig, made.body, [*good, length, ("X-Bare", "a\nSignature: x")]) in (400, 401)


async def test_what_a_proxy_may_add_changes_nothing(rig: Rig, far: Sender) -> None:
    """A target of another, whoever says that it was meant for us; an override of the method does not make a POST."""
    made = forged(rig, far, headers={"Host": ELSEWHERE})
    ours = rig.node.config.authority
    for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X-Forwarded-Server"):
        value = f"host={ours}" if name == "Forwarded" else ours
        await rig.refuses("wrong_target", made.body, made.cavage() | {name: value})
    for name in ("X-Original-URL", "X-Rewrite-URL"):
        wrong = forged(rig, far, target="/actor/inbox")
        await rig.refuses("signature", wrong.body, wrong.cavage() | {name: "/actor/inbox"})
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        signed = get_headers(far, rig.inbox) | {name: "POST"}
        async with rig.session.get(rig.inbox, headers=signed) as response:
            assert response.status in (404, 405)


@pytest.mark.parametrize("kind", ["GET", "HEAD"])
async def test_the_signature_of_a_reading_is_not_one_of_a_message(rig: Rig, far: Sender, kind: str) -> None:
    body = far.sent[far.say(1, "Follow", rig.node.config.node_actor)]
    headers = get_headers(far, rig.inbox, kind) | {"Content-Type": "application/activity+json"}
    await rig.refuses("not_covered", body, headers)
    await rig.refuses("not_covered", body, headers | {"Digest": digest_header(body)})
    signed = Forged(rig.inbox, b"", far, method=kind, covered="@method @target-uri").rfc9421()
    await rig.refuses("not_covered", body, signed)


async def test_the_media_type_and_its_encoding(rig: Rig, far: Sender) -> None:
    made = forged(rig, far)
    for name in (
        "text/plain",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "image/png",
        "",
    ):
        await rig.refuses("content_type", made.body, made.cavage() | {"Content-Type": name})
    await rig.refuses(
        "content_type", made.body, made.cavage() | {"Content-Type": "text/plain; application/activity+json"}
    )
    for encoding in ("gzip", "deflate", "br", "identity, gzip"):
        status = await raw_post(rig, made.body, [*made.cavage().items(), ("Content-Encoding", encoding)])
        assert status in (400, 415), encoding


async def test_what_was_signed_for_one_is_not_for_another(
    rig: Rig, far: Sender, thief: Sender, keys: ActorKeys
) -> None:
    """The key of one, the name of another; a signature taken from another message."""
    made = forged(rig, far)
    await rig.refuses("signature", made.body, replace(made, key=thief.keys.rsa).cavage())
    await rig.refuses("key_owner", made.body, forged(rig, thief, body=made.body).cavage())
    await rig.refuses("key_owner", made.body, forged(rig, thief, body=made.body).rfc9421())
    other = forged(rig, far, body=made.body.replace(b"Follow", b"Reject"))
    await rig.refuses("digest", other.body, made.cavage())
    await rig.refuses("signature", other.body, other.cavage() | {"Signature": made.cavage()["Signature"]})


async def test_what_is_no_http_fills_no_log(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    for nonsense in (
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ):
        async with raw(rig.node) as send:
            assert (await send(nonsense)).split()[1] == "400"
    assert caplog.records == []
