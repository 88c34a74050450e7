"""What the doctor sees: a node that is well, and each thing that may be wrong with one, on real files and sockets."""

import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from node import relations
from node.cli.run import main
from node.context import Node, init_node, open_node
from node.messages import LANGUAGES, text
from node.ops import health
from node.ops.address import asked, hours
from node.ops.backup import backup
from node.ops.doctor import examine
from node.ops.finding import Finding, State
from node.ops.nightly import Last, nightly
from node.ops.turn import serving
from node.places import add_place
from node.publish import publish
from node.store.engine import DATABASE
from node.store.migrate import current
from tests.node.net import Clock, free_ports, listening, make, place
from tests.node.older import as_of


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    ports = free_ports(1)
    made = make(tmp_path / "node", ports[0], ports)
    add_place(made, "etabli", place(made, "etabli"))
    publish(made)
    yield made
    made.close()


def said(found: list[Finding]) -> dict[str, str]:
    """The codes of what is not well; each has a sentence in both languages."""
    for each in found:
        assert all(text(lang, each.key, **each.params) for lang in LANGUAGES)
    return {f"{each.about}.{each.code}": str(each.state) for each in found if each.state is not State.OK}


async def looked(node: Node, offline: bool = True) -> dict[str, str]:
    return said(await examine(node.dir, {}, "fr", offline))


def sql(node: Node, statement: str, *values: object) -> None:
    node.store.write(lambda connection: connection.exec_driver_sql(statement, values))


async def test_a_node_that_is_well(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    nightly(node)
    async with listening(node, work=False):
        with serving(node.dir):
            found = await looked(node, offline=False)
    assert found == {
        "backup.here": "note",
        "keys.paper": "note",
        "https.none": "note",
        "clock.unknown": "note",
    }


def test_the_command_ends_with_1_on_a_problem(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(node.dir), "doctor", "--offline", "--json"]) == 0
    assert {line["state"] for line in json.loads(capsys.readouterr().out)} == {"ok", "note"}
    assert main(["--dir", str(node.dir), "doctor"]) == 1
    shown = capsys.readouterr().out
    assert "PROBLÈME" in shown
    assert node.config.url in shown
    assert main(["--dir", str(node.dir / "nowhere"), "doctor"]) == 4


async def test_who_may_read_the_keys_and_the_database(node: Node) -> None:
    key = next((node.dir / "keys").glob("*.pem"))
    key.chmod(0o640)
    assert (await looked(node))["permissions.keys"] == "bad"
    key.chmod(0o600)
    node.dir.chmod(0o755)
    (node.dir / DATABASE).chmod(0o644)
    assert (await looked(node))["permissions.open"] == "bad"
    node.dir.chmod(0o700)
    assert "permissions.open" not in await looked(node)


async def test_private_keys_that_are_not_those_that_are_published(node: Node, tmp_path: Path) -> None:
    one, other = (next((node.dir / "keys").glob(f"{slug}.*ed25519.pem")) for slug in ("actor", "etabli"))
    other.write_bytes(one.read_bytes())
    found = await looked(node)
    assert found["keys.missing"] == "bad"
    other.unlink()
    assert (await looked(node))["keys.missing"] == "bad"


async def test_a_damaged_database_is_seen_and_nothing_behind_it_is_asked(node: Node) -> None:
    node.close()
    path = node.dir / DATABASE
    content = bytearray(path.read_bytes())
    content[8192:9000] = bytes(808)
    path.write_bytes(bytes(content))
    found = await examine(node.dir, {}, "fr", offline=True)
    assert said(found) == {"database.damaged": "bad"}
    assert "keys" not in {each.about for each in found}


async def test_older_tables_are_told_and_left_alone(node: Node) -> None:
    node.close()
    as_of(node.dir, "0003")
    assert (await looked(node)).items() >= {"tables.older": "bad"}.items()
    assert current(node.dir / DATABASE) == "0003"
    assert not (node.dir / "backups").exists()


async def test_an_option_that_is_wrong(node: Node) -> None:
    with (node.dir / "config.toml").open("a", encoding="utf-8") as file:
        file.write('[log]\nformat = "xml"\n')
    assert await looked(node) == {"config.wrong": "bad"}


@pytest.mark.parametrize(
    ("state", "attempts", "age", "code"),
    [
        ("queued", 0, timedelta(hours=2), "deliveries.stuck"),
        ("queued", 3, timedelta(days=2), "deliveries.vain"),
        ("parked", 9, timedelta(days=4), "deliveries.parked"),
        ("delivered", 1, timedelta(days=4), ""),
    ],
)
def test_what_does_not_leave(node: Node, state: str, attempts: int, age: timedelta, code: str) -> None:
    then = (datetime.now(UTC) - age).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    due = then if code.endswith("stuck") else "9999-01-01T00:00:00.000Z"
    sql(node, "UPDATE journal SET time = ?", then)
    sql(
        node,
        "INSERT INTO deliveries (seq, signer, recipient, inbox, host, state, attempts, next, key)"
        " VALUES (1, 's', 'r', 'i', 'h', ?, ?, ?, '')",
        *(state, attempts, due),
    )
    assert list(said(list(health.deliveries_(node)))) == ([code] if code else [])


@pytest.mark.parametrize(
    ("known", "after", "code"),
    [
        (None, timedelta(), "backup.none"),
        (None, timedelta(days=4), "backup.none"),
        (Last("2020-01-01T00:00:00.000Z", error="plein"), timedelta(), "backup.failed"),
        (Last("2999-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"), timedelta(), "backup.old"),
    ],
)
def test_copies_that_are_missing_failed_or_old(node: Node, known: Last | None, after: timedelta, code: str) -> None:
    if known is not None:
        slots = {name: getattr(known, name) for name in known.__slots__}
        sql(node, "INSERT INTO meta VALUES ('backup', ?)", json.dumps(slots))
    later = Node(node.dir, node.config, node.store, node.cache, node.keys, Clock(after))
    found = said(list(health.backups(later)))
    assert found[code] == ("note" if known is None and not after else "bad")


def test_new_keys_want_a_new_copy(node: Node) -> None:
    nightly(node)
    assert "backup.keys" not in said(list(health.backups(node)))
    sql(node, "UPDATE actor_keys SET created = '2999-01-01T00:00:00.000Z'")
    assert said(list(health.backups(node)))["backup.keys"] == "note"


def test_a_clock_that_went_back(node: Node) -> None:
    early = Node(node.dir, node.config, node.store, node.cache, node.keys, Clock(timedelta(hours=-2)))
    assert said(list(health.clock(early))) == {"clock.back": "bad"}
    assert said(list(health.clock(node))) == {}


async def test_the_hour_of_somebody_else(node: Node, tmp_path: Path) -> None:
    ports = free_ports(2)
    here, there = (make(tmp_path / name, port, ports) for name, port in zip("ab", ports, strict=True))
    add_place(there, "loin", place(there, "loin"))
    try:
        async with listening(there, work=False):
            await relations.follow(here, there.config.actor("loin"))
            assert said(await hours(here)) == {}
            late = Node(here.dir, here.config, here.store, here.cache, here.keys, Clock(timedelta(minutes=5)))
            assert said(await hours(late)) == {"clock.differs": "bad"}
    finally:
        here.close()
        there.close()


async def test_the_address_where_nobody_or_another_answers(node: Node, tmp_path: Path) -> None:
    assert said(await asked(node)).items() >= {"address.silent": "bad"}.items()
    twin = init_node(tmp_path / "twin", node.config.url, ("site",), environ={})
    try:
        async with listening(twin, work=False):
            assert said(await asked(node)).items() >= {"address.twin": "bad"}.items()
    finally:
        twin.close()
    async with answering(lambda: web.Response(text="<h1>It works!</h1>"), node.config.authority):
        assert said(await asked(node)).items() >= {"address.other": "bad"}.items()


@asynccontextmanager
async def answering(
    respond: Callable[[], web.Response], authority: str, secure: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    async def handler(_request: web.Request) -> web.Response:
        return respond()

    app = web.Application()
    app.router.add_get("/{any:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(authority.rpartition(":")[2]), ssl_context=secure).start()
    try:
        yield
    finally:
        await runner.cleanup()


def certificate(folder: Path, days: int) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that signs itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / f"{days}.pem"
    file.write_bytes(pem + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


@pytest.mark.parametrize(
    ("days", "trusted", "found"),
    [(60, True, {}), (5, True, {"https.ends": "bad"}), (60, False, {"https.certificate": "bad"})],
)
async def test_the_certificate_is_trusted_and_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, trusted: bool, found: dict[str, str]
) -> None:
    file, secure = certificate(tmp_path, days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    node = init_node(tmp_path / "node", f"https://localhost:{free_ports(1)[0]}", ("site",), environ={})
    try:
        from node.actors import actor_document

        with node.store.read() as connection:
            document = actor_document(connection, node, "actor")
        async with answering(lambda: web.json_response(document), node.config.authority, secure):
            assert said(await asked(node)) == found
    finally:
        node.close()


async def test_files_of_another_owner(node: Node) -> None:
    import os

    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(node.dir / DATABASE, 12345, 12345)
    assert (await looked(node))["permissions.owner"] == "bad"


def test_a_restored_node_is_well_but_for_what_it_set_aside(node: Node, tmp_path: Path) -> None:
    from node.ops.backup import restore

    file, _ = backup(node.dir, node.config.url, node.clock(), tmp_path / "out")
    restore(file, tmp_path / "again")
    again = open_node(tmp_path / "again", {})
    try:
        assert said(list(health.keys(again))) == {"keys.paper": "note"}
    finally:
        again.close()
