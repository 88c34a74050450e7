"""Copies of a node: taken while it runs, refused when they are not whole, and a node that goes on from one."""

import gzip
import io
import json
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node import relations, rotation
from node.cli.run import main
from node.context import Node, open_node
from node.errors import BackupRefused
from node.ops import nightly
from node.ops.archive import SUFFIX
from node.ops.backup import backup, checked, copies, restore, retire
from node.ops.nightly import Last, is_due, last
from node.ops.turn import serving
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.reports import add_report
from tests.node.net import Clock, free_ports, listening, make, peers_of, place, rows, until, visits
from tests.node.older import as_of

DOCUMENTS = """SELECT d.id, d.version, d.digest, b.bytes FROM documents d
    JOIN blobs b ON b.seq = d.seq AND b.kind = 'document' ORDER BY d.id"""
KEYS = "SELECT id, public FROM actor_keys ORDER BY id"
SENT = "SELECT activity FROM journal WHERE direction = 'in' AND verified <> 'proof' ORDER BY seq"  # not what it read
PUBLISHED = "SELECT max(version) FROM documents WHERE type = 'Report'"


def copied(node: Node, to: Path) -> Path:
    file, _ = backup(node.dir, node.config.url, node.clock(), to)
    return file


def private(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (directory / "keys").iterdir()}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    ports = free_ports(1)
    made = make(tmp_path / "node", ports[0], ports)
    add_place(made, "etabli", place(made, "etabli"))
    add_report(made, "etabli", "2025", visits(12), "public")
    publish(made)
    yield made
    made.close()


@dataclass
class Net:
    """A place that a council follows; its node can be lost."""

    folder: Path
    site: Node
    council: Node
    ports: list[int]

    def arrived(self) -> list[tuple[object, ...]]:
        return [row for row in rows(self.council, SENT) if str(row[0]).startswith(self.site.config.url)]

    def say(self, value: int) -> None:
        add_report(self.site, "etabli", "2025", visits(value), "public")
        publish(self.site)

    def is_settled(self) -> bool:
        """Whether nothing waits to leave any more."""
        return rows(self.site, "SELECT count(*) FROM deliveries WHERE state = 'queued'") == [(0,)]

    def lose_and_restore(self, file: Path) -> None:
        self.site.close()
        restore(file, self.folder / "again")
        self.site = open_node(self.folder / "again", peers_of(self.ports))


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    ports = free_ports(2)
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(council):
        found = Net(tmp_path, site, council, ports)
        async with listening(site):
            await relations.follow(council, site.config.actor("etabli"))
            found.say(1)
            await until(lambda: rows(council, PUBLISHED) == [(1,)] and found.is_settled(), 30)
        yield found
    found.site.close()
    council.close()


def test_a_copy_taken_while_the_node_writes_is_of_one_moment(node: Node, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            add_report(node, "etabli", "2025", visits(number), "public")
            publish(node)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        files = [copied(node, tmp_path / f"{n}{SUFFIX}") for n in range(3)]
    finally:
        stop.set()
        writing.join()
    assert [checked(file).documents for file in files] == [2, 2, 2]


def test_the_same_documents_and_the_same_keys(node: Node, tmp_path: Path) -> None:
    (node.dir / "media").mkdir()
    (node.dir / "media" / "photo.webp").write_bytes(b"image")
    file = copied(node, tmp_path / "out")
    assert file.stat().st_mode & 0o077 == 0
    about = restore(file, tmp_path / "again")
    assert (about.url, about.documents) == (node.config.url, 2)
    assert private(tmp_path / "again") == private(node.dir)
    assert (tmp_path / "again" / "media" / "photo.webp").read_bytes() == b"image"
    again = open_node(tmp_path / "again", environ={})
    try:
        assert rows(again, DOCUMENTS) == rows(node, DOCUMENTS)
        assert rows(again, KEYS) == rows(node, KEYS)
    finally:
        again.close()


def test_a_copy_of_older_tables_is_restored_with_the_newest(tmp_path: Path) -> None:
    ports = free_ports(1)
    first = make(tmp_path / "node", ports[0], ports)
    add_place(first, "etabli", place(first, "etabli"))
    add_report(first, "etabli", "2025", visits(12), "public")
    publish(first)
    said, keys = rows(first, DOCUMENTS), rows(first, KEYS)
    first.close()
    as_of(first.dir, "0003")
    file = copied(first, tmp_path / "out")
    assert restore(file, tmp_path / "again").revision == "0003"
    again = open_node(tmp_path / "again", environ={})
    try:
        assert catch_up(again) > 0
        assert (rows(again, DOCUMENTS), rows(again, KEYS)) == (said, keys)
        assert rows(again, "SELECT * FROM accounts") == []
        assert publish(again).queued == 0
        assert not (again.dir / "backups").exists(), "what was just restored needs no copy"
    finally:
        again.close()


@pytest.mark.parametrize("revision", ["0003", ""])
async def test_nothing_is_sent_twice_and_no_number_twice(net: Net, revision: str) -> None:
    if revision:
        net.site.close()
        as_of(net.site.dir, revision)
    file = copied(net.site, net.folder / "out")
    if revision:
        net.site = open_node(net.site.dir, peers_of(net.ports))
    async with listening(net.site):
        net.say(2)
        await until(lambda: rows(net.council, PUBLISHED) == [(2,)] and net.is_settled(), 30)
    before = net.arrived()
    net.lose_and_restore(file)
    async with listening(net.site):
        assert publish(net.site).queued == 0
        net.say(3)
        await until(lambda: rows(net.council, PUBLISHED) != [(2,)] and net.is_settled(), 30)
    new = net.arrived()[len(before) :]
    assert net.arrived()[: len(before)] == before
    assert len(new) == 1, "only what was said since"
    epochs = rows(net.site, "SELECT DISTINCT epoch FROM journal WHERE direction = 'out' ORDER BY epoch")
    assert epochs == [(1,), (2,)]
    assert rows(net.council, "SELECT count(*) FROM journal WHERE verdict = 'equivocation'") == [(0,)]


async def test_what_waited_to_leave_is_set_aside_until_somebody_asks(net: Net) -> None:
    net.say(2)
    file = copied(net.site, net.folder / "out")
    net.lose_and_restore(file)
    waiting = rows(net.site, "SELECT state, reason FROM deliveries WHERE state <> 'delivered'")
    assert waiting == [("parked", "restored")]


def test_a_document_that_the_copy_does_not_know_starts_beyond_what_it_may_have_been(node: Node, tmp_path: Path) -> None:
    file = copied(node, tmp_path / "out")
    add_report(node, "etabli", "2024", visits(7, "2024"), "public")
    publish(node)
    restore(file, tmp_path / "again")
    again = open_node(tmp_path / "again", environ={})
    try:
        add_report(again, "etabli", "2024", visits(8, "2024"), "public")
        publish(again)
        [[document, version]] = rows(node, "SELECT id, version FROM documents WHERE id LIKE '%2024%'")
        [[same, later]] = rows(again, "SELECT id, version FROM documents WHERE id LIKE '%2024%'")
        assert document == same
        assert isinstance(version, int)
        assert isinstance(later, int)
        assert later > version + 100
    finally:
        again.close()


def test_a_place_and_an_audience_that_the_copy_does_not_know_begin_beyond(node: Node, tmp_path: Path) -> None:
    """The lost node may have made both, and have numbered what it said there from one on."""
    numbers = "SELECT actor, audience, min(audience_n), min(actor_seq), min(version) FROM journal WHERE actor LIKE ?"

    def say(to: Node) -> tuple[object, ...]:
        add_place(to, "annexe", place(to, "annexe", "L'Annexe"))
        publish(to, "annexe")
        with to.store.read() as connection:
            [row] = connection.exec_driver_sql(numbers, ("%/annexe",)).all()
        return tuple(row)

    file = copied(node, tmp_path / "out")
    assert say(node)[1:] == ("public", 1, 1, 1)
    restore(file, tmp_path / "again")
    again = open_node(tmp_path / "again", environ={})
    try:
        assert say(again)[1:] == ("public", 1_000_001, 1_000_001, 1_001)
    finally:
        again.close()


def test_a_new_key_has_an_id_that_the_lost_node_never_gave(node: Node, tmp_path: Path) -> None:
    file = copied(node, tmp_path / "out")
    restore(file, tmp_path / "again")
    again = open_node(tmp_path / "again", environ={})
    try:
        had = set(rows(node, "SELECT id FROM actor_keys"))
        for each in (node, again):
            rotation.rotate(each, "etabli")
        lost, new = (set(rows(each, "SELECT id FROM actor_keys")) - had for each in (node, again))
        assert len(lost) == len(new) == 2
        assert not lost & new
    finally:
        again.close()


def test_no_session_and_no_link_comes_back_to_life(node: Node, tmp_path: Path) -> None:
    from node.people import accounts, links, sessions

    account = accounts.create(node, "a@example.org", "A", "une phrase bien longue")
    session, link = sessions.begin(node, account.id), links.make(node, "invite", place="etabli", role="editor")
    restore(copied(node, tmp_path / "out"), tmp_path / "again")
    again = open_node(tmp_path / "again", environ={})
    try:
        assert sessions.read(node, session) is not None
        assert sessions.read(again, session) is None
        assert links.read(node, "invite", link) is not None
        assert links.read(again, "invite", link) is None
    finally:
        again.close()


def test_a_folder_that_holds_a_node_or_is_served_is_left_alone(node: Node, tmp_path: Path) -> None:
    file = copied(node, tmp_path / "out")
    before = private(node.dir)
    with pytest.raises(BackupRefused, match="backup_live"):
        restore(file, node.dir)
    assert private(node.dir) == before
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "maillage.sqlite").write_bytes(b"somebody's")
    with pytest.raises(BackupRefused, match="backup_live"):
        restore(file, tmp_path / "half")
    assert (tmp_path / "half" / "maillage.sqlite").read_bytes() == b"somebody's"
    with serving(tmp_path / "empty"), pytest.raises(BackupRefused, match="backup_live"):
        restore(file, tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []
    restore(file, tmp_path / "empty")


def _members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]


def _packed(file: Path, members: Mapping[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _bent(file: Path) -> Iterator[tuple[bytes, str]]:
    """Copies that are not whole, and how each is refused."""
    members, scratch = _members(file), file.with_name("scratch")
    key = next(name for name in members if name.startswith("keys/"))
    newer = json.dumps(json.loads(members["manifest.json"]) | {"revision": "9999"}).encode()
    without = {name: content for name, content in members.items() if name != "manifest.json"}
    flipped = bytearray(gzip.decompress(file.read_bytes()))
    flipped[flipped.index(b"SQLite format 3") + 5000] ^= 1
    yield file.read_bytes()[:-2000], "backup_unreadable"
    yield b"no archive", "backup_unreadable"
    yield gzip.compress(bytes(flipped)), "backup_damaged"
    for changed, code in (
        (members | {key: b"another"}, "backup_damaged"),
        ({name: content for name, content in members.items() if name != key}, "backup_damaged"),
        (without, "backup_unreadable"),
        ({"more": b"x"} | members, "backup_damaged"),
        ({"../out2": b"x"} | members, "backup_unreadable"),
        ({"/tmp/out2": b"x"} | members, "backup_unreadable"),
        (members | {"manifest.json": newer}, "backup_newer"),
    ):
        _packed(scratch, changed)
        yield scratch.read_bytes(), code


def test_a_copy_that_is_not_whole_is_refused_and_nothing_is_left(node: Node, tmp_path: Path) -> None:
    file, again = tmp_path / f"bent{SUFFIX}", tmp_path / "again"
    for number, (content, code) in enumerate(_bent(copied(node, tmp_path / "out"))):
        file.write_bytes(content)
        with pytest.raises(BackupRefused) as refused:
            restore(file, again)
        assert refused.value.code == code, number
        assert list(again.iterdir()) == []
        assert not (again / "../out2").exists()
    with pytest.raises(BackupRefused, match="backup_unreadable"):
        restore(tmp_path / "absent", again)


def test_a_copy_without_the_keys_that_sign_would_not_do(node: Node, tmp_path: Path) -> None:
    for path in (node.dir / "keys").glob("etabli*"):
        path.rename(tmp_path / path.name)
    with pytest.raises(BackupRefused, match="backup_damaged"):
        checked(copied(node, tmp_path / "out"))


def test_each_night_and_not_more_often() -> None:
    night = datetime(2026, 11, 23, 2, tzinfo=UTC)

    def known(good: timedelta, tried: timedelta | None = None) -> Last:
        times = [(night - each).isoformat().replace("+00:00", "Z") for each in (tried or good, good)]
        return Last(times[0], times[1])

    day = timedelta(hours=24)
    assert is_due(None, night)
    assert is_due(known(day), night)
    assert not is_due(known(timedelta(hours=3, minutes=1)), night)
    assert not is_due(known(timedelta(hours=21)), night + timedelta(hours=10))
    assert is_due(known(day), night + timedelta(hours=13)), "the machine slept at night"
    assert not is_due(known(day, tried=timedelta(hours=1)), night), "not again and again"
    assert is_due(Last((night - timedelta(hours=4)).isoformat().replace("+00:00", "Z"), error="disk"), night)


def test_a_night_leaves_a_copy_that_was_tried_and_takes_the_oldest_away(node: Node) -> None:
    folder = node.dir / "backups"
    for day in range(1, 10):
        backup(node.dir, node.config.url, datetime(2026, 1, day, tzinfo=UTC), folder)
    assert nightly.main(node.dir) == 0
    with node.store.read() as connection:
        known = last(connection)
    assert known is not None
    kept = copies(folder, node.config.url)
    assert len(kept) == node.config.backup_keep == 7
    assert str(kept[-1]) == known.file
    assert not known.error
    assert [path.name for path in folder.iterdir() if not path.name.endswith(SUFFIX)] == []
    with tarfile.open(kept[-1]) as archive:
        assert not [name for name in archive.getnames() if "backups" in name], "a copy holds no copies"


def test_copies_of_others_are_not_taken_away(node: Node, tmp_path: Path) -> None:
    file = copied(node, tmp_path)
    stranger = tmp_path / f"other.example-2020{SUFFIX}"
    stranger.write_bytes(b"")
    assert retire(tmp_path, node.config.url, 1) == 0
    assert (file.exists(), stranger.exists()) == (True, True)


async def test_the_night_is_a_process_of_its_own_and_is_not_begun_again(node: Node) -> None:
    await nightly.tick(node)
    [first] = copies(node.dir / "backups", node.config.url)
    assert checked(first).documents == 2
    await nightly.tick(node)
    assert copies(node.dir / "backups", node.config.url) == [first]


def test_what_a_killed_copy_left_is_swept_away_a_day_later(node: Node) -> None:
    folder = node.dir / "backups"
    (folder / ".maillage-abc" / "node" / "keys").mkdir(parents=True)
    (folder / f"x{SUFFIX}.part").write_bytes(b"half")
    (folder / "notes.txt").write_bytes(b"somebody's")
    nightly.nightly(node)
    assert len(list(folder.iterdir())) == 4, "it may still be under way"
    tomorrow = Node(node.dir, node.config, node.store, node.cache, node.keys, Clock(timedelta(hours=25)))
    nightly.nightly(tomorrow)
    assert sorted(path.name for path in folder.iterdir() if path not in copies(folder, node.config.url)) == [
        "notes.txt"
    ]


async def test_a_night_that_fails_is_remembered_and_loses_nothing(node: Node) -> None:
    folder = node.dir / "backups"
    good = copied(node, folder)
    (node.dir / "config.toml").write_text(
        f'[node]\nurl = "{node.config.url}"\nroles = ["site"]\n[backup]\nto = "config.toml"\nkeep = 1\n', "utf-8"
    )
    opened = open_node(node.dir, environ={})
    try:
        found = nightly.nightly(opened)
        assert found is not None
        assert found.error
        with opened.store.read() as connection:
            assert last(connection) == found
    finally:
        opened.close()
    assert good.exists()


def test_the_commands_say_what_was_done(node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(node.dir), "backup", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["file"]).stat().st_size == said["size"]
    again = str(tmp_path / "again")
    assert main(["--dir", again, "restore", said["file"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == 2
    assert main(["--dir", again, "restore", said["file"]]) == 1
    assert "again" in capsys.readouterr().err
    assert main(["--dir", str(tmp_path / "nowhere"), "backup", str(tmp_path)]) == 4
