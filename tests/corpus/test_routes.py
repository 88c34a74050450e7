"""Every address of a node: what an unsigned POST is answered, headers of all answers, what parameters cannot do."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from node.api.authenticator import Authenticator, declared
from node.app import MODULES, build_app, runner_of
from node.cli.out import Out
from node.project import catch_up
from tests.corpus.attacks import attack
from tests.corpus.rig import ACTIVITY_JSON, Rig, get_headers, raw, untouched
from tests.e2e.play import browsing, watching
from tests.node.net import FOLLOWING, free_ports, projected, rows
from tests.node.sender import Sender

UNKNOWN = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")
REFUSED = {
    Authenticator.PUBLIC_READ_ONLY: (400, 415),
    Authenticator.SESSION_AND_ORIGIN: (403, 404),
    Authenticator.TOKEN: (401,),
}
HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script></script></title>"


@pytest.fixture
async def whole(rig: Rig) -> AsyncIterator[str]:
    """The address of the whole node, pages and queries with it."""
    runner = runner_of(build_app(rig.node, MODULES))
    [port] = free_ports(1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def addresses(rig: Rig, methods: tuple[str, ...]) -> list[tuple[str, str, object]]:
    """Method, an address and the handler of every route."""
    app = build_app(rig.node, MODULES)
    known = {"slug": "etabli", "name": "description", "path": "context/v1"}
    found = []
    for route in app.router.routes():
        info = route.resource.get_info() if route.resource is not None else {}
        pattern = str(info.get("formatter") or info.get("path") or info.get("prefix"))
        path = UNKNOWN.sub(lambda m: known.get(m[1], "x"), pattern).format_map(Otherwise(known))
        if route.method in methods or route.method == "*":
            found.append((route.method, path, route.handler))
    return found


class Otherwise(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "x"


@attack("S13")
async def test_every_post_has_one_authenticator_and_takes_nothing_unsigned(rig: Rig, whole: str, far: Sender) -> None:
    writing = addresses(rig, ("POST", "PUT", "PATCH", "DELETE"))
    assert {path for _, path, _ in writing} >= {"/inbox", "/actor/inbox", "/places/etabli/inbox", "/sparql"}
    body = far.sent[far.say(1, "Follow", rig.node.config.node_actor)]
    for method, path, handler in writing:
        by = declared(handler)
        assert by is not None, path
        for kind in (ACTIVITY_JSON, "application/x-www-form-urlencoded", "application/sparql-update", "text/plain"):
            with untouched(rig.node):
                request = rig.session.request(method, whole + path, data=body, headers={"Content-Type": kind})
                async with request as response:
                    status, said = response.status, await response.read()
            allowed = REFUSED.get(by, (400, 415) if kind != ACTIVITY_JSON else (401,))
            assert status in allowed, (path, kind, status, said)


@attack("S13")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "LINK"])
async def test_other_methods_do_nothing(rig: Rig, whole: str, method: str) -> None:
    reading = [path for _, path, _ in addresses(rig, ("GET",))]
    writing = {path for _, path, _ in addresses(rig, ("POST",))}
    with untouched(rig.node):
        for path in reading:
            if (path in writing and method == "POST") or method == "CONNECT":
                continue
            async with rig.session.request(method, whole + path, data=b"{}") as response:
                assert response.status in (400, 404, 405), (method, path)


@attack("W13")
async def test_headers_of_every_answer(rig: Rig, whole: str) -> None:
    """Pages, figures, activities, refusals and what does not exist: none is framed, sniffed, nor tells where from."""
    paths = [path for _, path, _ in addresses(rig, ("GET", "OPTIONS"))]
    for path in [*paths, "/never", "/places/nobody", "/%00", "/../../etc/passwd", "/network/place?id=x", "/?lang=<x>"]:
        for accept in ("text/html", ACTIVITY_JSON, "*/*"):
            async with rig.session.get(whole + path, headers={"Accept": accept}, allow_redirects=False) as response:
                assert response.status < 500, path
                headers = response.headers
                assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
                assert "unsafe" not in headers["Content-Security-Policy"], path
                assert headers["X-Content-Type-Options"] == "nosniff", path
                assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), path
    async with rig.session.post(whole + "/inbox", data=b"{}") as response:
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@attack("W05")
async def test_no_parameter_sends_a_reader_elsewhere(rig: Rig, whole: str) -> None:
    """No address redirects, whatever it is asked to; where a login leads is tried in `tests/node/test_desk.py`."""
    for target in (
        "//evil.example",
        "https:evil.example",
        "/\\\\evil.example",
        "%0d%0aLocation:%20https://evil.example",
        "https://evil.example",
    ):
        for name in ("next", "url", "redirect", "return", "lang", "resource", "id", "to"):
            for path in ("/", "/places/etabli", "/indicators/visits", "/network/place", "/sparql", "/ns/", "/login"):
                value = target if "%" in target else quote(target, safe="")
                async with rig.session.get(f"{whole}{path}?{name}={value}", allow_redirects=False) as response:
                    assert response.status not in (301, 302, 303, 307, 308), (path, name, target)
                    assert "evil.example" not in response.headers.get("Location", "")


@attack("F08")
async def test_parameters_are_values(rig: Rig, whole: str) -> None:
    """None becomes an address to ask, a part of a query, or a file: nobody outside hears of it."""
    outside = rig.outside.url
    tricks = [
        f"file_type=png&proxy={outside}", f"proxy={outside}", f"url={outside}", f"id={outside}/x",
        f"id={outside}/x#place", f"indicator=visits&by={outside}", "indicator=visits'; DROP TABLE journal;--",
        "indicator=visits&by=departement&by=x", "indicator=../../../etc/passwd", "indicator=visits%00",
        f"resource={outside}/actor", "before=1 OR 1=1", "before=-1", "after=%27%20OR%20%271%27=%271",
        f"lang={outside}", "lang=../fr",
    ]  # fmt: skip
    services = [
        f"SELECT * WHERE {{ SERVICE <{outside}/sparql> {{ ?s ?p ?o }} }}",
        f"SELECT * FROM <{outside}/data.ttl> WHERE {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{outside}/data.ttl> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * FROM <file:///etc/passwd> WHERE { ?s ?p ?o }",
        f"LOAD <{outside}/data.ttl>",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "DROP ALL",
    ]
    paths = (
        "/",
        "/totals.json",
        "/totals.csv",
        "/network/place",
        "/places",
        "/places/etabli/outbox",
        "/actor/documents",
    )
    with untouched(rig.node):
        for path in paths:
            for trick in tricks:
                async with rig.session.get(f"{whole}{path}?{quote(trick, safe='=&%')}") as response:
                    assert response.status in (200, 400, 404), (path, trick)
        for query in services:
            async with rig.session.get(f"{whole}/sparql?query={quote(query, safe='')}") as response:
                assert response.status == 400, query
            for kind in ("query", "update"):
                async with rig.session.post(f"{whole}/sparql", data={kind: query}) as response:
                    assert response.status == 400, query
    assert rig.outside.asked == []


async def hostile_place(rig: Rig, far: Sender) -> None:
    """A place that we follow, whose every text is markup."""
    from federation.clock import timestamp
    from federation.proof import add_proof
    from node.context import utc_now
    from vocab.build import description
    from vocab.model import Address, Envelope, Place
    from vocab.terms import LICENCE_OUVERTE, PUBLIC

    now = timestamp(utc_now())
    follow = {"id": "https://x.example/1", "type": "Follow", "actor": rig.node.config.node_actor, "object": far.id}
    row = f"('{rig.node.config.node_actor}', '{far.id}', 'requested', 'https://x.example/1', '', NULL)"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES {row}"))
    await rig.takes(far, rig.activity(far.id, "Accept", follow))
    address = Address("23096", HOSTILE, "23000", "Guéret")
    place = Place(far.id + "#place", HOSTILE, address, ("coworking",))
    envelope = Envelope(far.id + "/documents/description", far.id, 1, now, now, LICENCE_OUVERTE, "public", (PUBLIC,))
    signed = add_proof(description(place, envelope), far.keys.ed25519, far.id + "#ed25519-key", now)
    await rig.takes(far, rig.activity(far.id, "Create", signed))
    note = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, "content": HOSTILE, "name": HOSTILE}
    await rig.takes(far, rig.activity(far.id, "Create", note | {"to": [PUBLIC], "url": "javascript:alert(1)"}))
    catch_up(rig.node)
    assert projected(rig.node, "SELECT errors FROM quarantine") == []


@attack("W01")
async def test_texts_of_others_are_text(rig: Rig, whole: str, far: Sender) -> None:
    await hostile_place(rig, far)
    place = quote(far.id + "#place", safe="")
    shown = 0
    for path in ("/", "/places", f"/network/place?id={place}", "/places?q=" + quote(HOSTILE, safe="")):
        async with rig.session.get(whole + path, headers={"Accept": "text/html"}) as response:
            page = await response.text()
            assert response.status == 200, path
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        shown += "&lt;img src=x" in page
        assert "<img src=x" not in page
        assert "<script" not in page.lower()
        assert "javascript:" not in page
    assert shown >= 2


@attack("W01")
async def test_texts_of_others_run_in_no_browser(rig: Rig, whole: str, far: Sender) -> None:
    await hostile_place(rig, far)
    async with browsing() as browser, watching(browser) as opened:
        for path in ("/places", "/network/place?id=" + quote(far.id + "#place", safe="")):
            await opened.open(whole + path)
            assert await opened.ask("document.title !== 'run' && document.scripts.length === 0") is True
            opened.is_quiet()


async def read(session: aiohttp.ClientSession, url: str, by: Sender | None) -> tuple[int, bytes, dict[str, str]]:
    headers = {"Accept": ACTIVITY_JSON} | (get_headers(by, url) if by else {})
    async with session.get(url, headers=headers) as response:
        kept = {name: value for name, value in response.headers.items() if name not in ("Date", "Content-Length")}
        return response.status, await response.read(), kept


def grant(rig: Rig, to: Sender, level: str) -> None:
    row = f"('{rig.node.config.actor('etabli')}', '{to.id}', '{level}', '')"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO grants VALUES {row}"))


@attack("I13", "I15", "S16")
async def test_what_is_not_shown_does_not_exist(rig: Rig, far: Sender, thief: Sender) -> None:
    """A document for others answers like one that never was, to anybody, to a follower, and to one granted another."""
    actor = rig.node.config.actor("etabli")
    found = dict(rows(rig.node, "SELECT sharing, id FROM documents WHERE own=1 AND sharing<>'public'"))
    assert set(found) == {"network", "aggregate-only"}
    row = f"('{actor}', '{thief.id}', 'pending', '{thief.id}/1', '')"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO followers VALUES {row}"))
    grant(rig, far, "network")
    never = f"{actor}/documents/AAAAAAAAAAAAAAAAAAAAAA"
    for by in (None, thief):
        for url in map(str, found.values()):
            assert await read(rig.session, url, by) == await read(rig.session, never, by)
            assert (await read(rig.session, url, by))[0] == 404
    assert (await read(rig.session, str(found["network"]), far))[0] == 200
    assert (await read(rig.session, str(found["aggregate-only"]), far))[0] == 404
    for path in ("/outbox?before=", "/documents"):
        seen = [(await read(rig.session, actor + path, by))[1] for by in (None, thief, far)]
        assert [b"22222" in each or str(found["network"]).encode() in each for each in seen] == [False, False, True]
        assert not any(b"33333" in each or b"44444" in each for each in seen)
        assert not any(str(found["aggregate-only"]).encode() in each for each in seen)


async def test_addresses_are_ours_whatever_host_is_asked_for(rig: Rig, whole: str) -> None:
    """No page, actor or answer names a host that the request made up, for a cache or a reader to follow."""
    made_up = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
    }
    for path in [path for _, path, _ in addresses(rig, ("GET",))]:
        for accept in ("text/html", ACTIVITY_JSON):
            async with rig.session.get(whole + path, headers=made_up | {"Accept": accept}) as response:
                assert b"evil.example" not in await response.read(), path
                assert "evil.example" not in str(response.headers), path


@pytest.mark.parametrize(
    "path",
    [
        "/ns/../../config.toml",
        "/ns/%2e%2e/%2e%2e/config.toml",
        "/static/..%2f..%2fkeys",
        "/ns//etc/passwd",
        "/places/..%2factor",
        "/static/%00",
        "/ns/context/v1%00.ttl",
    ],
)
async def test_paths_lead_to_no_file(rig: Rig, whole: str, path: str) -> None:
    async with raw(rig.node) as send:
        line = await send(f"GET {path} HTTP/1.1\r\nHost: {rig.node.config.authority}\r\n\r\n".encode())
        assert line.split()[1] in ("400", "404")
    async with rig.session.get(URL(whole + path, encoded=True)) as response:
        assert response.status in (400, 404)


async def test_a_terminal_shows_names_and_does_not_obey_them(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;title\x07\x1b[2JAtelier\u202etxt.exe\x9b1m\r\x08"
    out = Out("fr", as_json=False)
    out.line(hostile)
    out.table(["a"], [[hostile + "\nline"]])
    said = capsys.readouterr().out
    assert not set(said) & set("\x1b\x07\x9b\r\x08\u202e")
    assert said.count("\n") == 3
    Out("fr", as_json=True).data({"name": hostile})
    assert "\x1b" not in capsys.readouterr().out
