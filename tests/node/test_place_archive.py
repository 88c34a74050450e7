"""The file of a place comes from a stranger: whatever is not what its own node would have made is refused, and said."""

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from federation.canonical import jcs
from federation.keys import generate
from node import posts
from node.context import Node
from node.errors import NodeError
from node.media.picture import PictureRefused
from node.messages import LANGUAGES
from node.moving import archive, arrival, packing, unpacking
from node.moving.archive import Unfit
from node.moving.unpacking import Luggage
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from tests.node.net import make, place, rows, visits
from vocab.post import Post

Parts = dict[str, bytes]
A, B = "media/" + "a" * 32, "media/" + "b" * 32


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """The parts of the file of a place that published, all but the manifest."""
    folder = tmp_path_factory.mktemp("old")
    node = make(folder / "node", 9, [9])
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(7), "public")
    publish(node)
    posts.add(node, "etabli", Post("note", "<p>Bonjour</p>", "fr", "https://spdx.org/licenses/etalab-2.0"))
    packing.pack(node, "etabli", folder / "etabli.zip")
    node.close()
    with zipfile.ZipFile(folder / "etabli.zip") as read:
        return {name: read.read(name) for name in read.namelist()}


@pytest.fixture
def new(tmp_path: Path) -> Node:
    return make(tmp_path / "new", 10, [10])


def zipped(parts: Parts, honest: bool = True) -> bytes:
    """A zip of these parts; `honest`: with a manifest that says what they are."""
    parts = dict(parts)
    if honest:
        files = {
            name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in parts.items()
            if name != "manifest.json"
        }
        parts["manifest.json"] = jcs(json.loads(parts["manifest.json"]) | {"files": files})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as write:
        for name, content in parts.items():
            write.writestr(name, content)
    return made.getvalue()


def read(raw: bytes) -> Luggage | Unfit:
    with archive.opened(io.BytesIO(raw)) as found:
        return found if isinstance(found, Unfit) else unpacking.judge(found)


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[Parts], Parts]:
    """The file with one of its JSON parts changed."""

    def act(parts: Parts) -> Parts:
        content = json.loads(parts[name])
        made = change(content)
        return parts | {name: jcs(content if made is None else made)}

    return act


def put(**values: object) -> Callable[[Any], Any]:
    return lambda content: content | values


def without(name: str) -> Callable[[Parts], Parts]:
    return lambda parts: {each: content for each, content in parts.items() if each != name}


def other_keys(parts: Parts) -> Parts:
    rsa, ed25519 = generate().to_pems()
    return parts | {"keys/rsa.pem": rsa, "keys/ed25519.pem": ed25519}


def test_what_is_right_is_taken(packed: Parts, new: Node) -> None:
    luggage = read(zipped(packed))
    assert isinstance(luggage, Luggage), luggage
    arrived = arrival.arrive(new, luggage, "autre_nom")
    assert (arrived.slug, arrived.documents, arrived.left) == ("autre_nom", 3, ())
    assert rows(new, "SELECT also_known_as FROM actors WHERE slug='autre_nom'") == [
        ('["http://127.0.0.1:9/places/etabli"]',)
    ]
    with pytest.raises(NodeError, match="slug_taken"):
        arrival.arrive(new, luggage, "autre_nom")
    with pytest.raises(NodeError, match="bad_slug"):
        arrival.arrive(new, luggage, "../etc")
    new.close()


def noise(seed: int) -> bytes:
    """A million bytes that fold a hundred times smaller, not two hundred."""
    return random.Random(seed).randbytes(20_000) + bytes(980_000)


CHANGED: dict[str, tuple[str, Callable[[Parts], Parts]]] = {
    "a path out": ("name", lambda parts: parts | {"../../etc/cron.d/x": b"x"}),
    "an absolute path": ("name", lambda parts: parts | {"/etc/passwd": b"x"}),
    "a drive": ("name", lambda parts: parts | {"C:\\x": b"x"}),
    "a path out of media": ("name", lambda parts: parts | {"media/../../x": b"x"}),
    "a folder": ("name", lambda parts: parts | {"media/": b""}),
    "a bomb": ("bomb", lambda parts: parts | {A: bytes(20_000_000)}),
    "a picture that unfolds": ("bomb", lambda parts: parts | {A: bytes(2_000)}),
    "too many pictures": (
        "too_large",
        lambda parts: parts | {f"media/{n:032x}": b"x" for n in range(archive.MAX_PICTURES + 1)},
    ),
    "too much to read": (
        "too_large",
        lambda parts: parts | {f"documents/{n:06}.json": noise(n) for n in range(archive.MAX_SAID // 1_000_000 + 1)},
    ),
    "one that is too large": ("bomb", lambda parts: parts | {A: bytes(archive.MAX_PART + 1)}),
    "no actor": ("json", without("actor.json")),
    "no place": ("json", without("place.json")),
    "no key": ("keys", without("keys/rsa.pem")),
    "keys of another": ("keys", other_keys),
    "a key that is none": ("keys", lambda parts: parts | {"keys/ed25519.pem": b"-----BEGIN"}),
    "another place": ("actor", changed("manifest.json", put(actor="https://x.example/places/x"))),
    "another format": ("manifest", changed("manifest.json", put(format="maillage-place/9"))),
    "an actor that is a node": ("actor", changed("actor.json", put(id="http://127.0.0.1:9/actor"))),
    "a figure changed": ("proof", changed("documents/0001.json", put(period="2024"))),
    "a document of another": ("proof", changed("documents/0000.json", put(attributedTo="https://x.example/places/x"))),
    "a document from elsewhere": ("document", changed("documents/0000.json", put(id="https://x.example/documents/y"))),
    "a document that is none": ("json", lambda parts: parts | {"documents/0000.json": b"[]"}),
    "a document twice": ("twice", lambda parts: parts | {"documents/0009.json": parts["documents/0000.json"]}),
    "bytes that are another's": (
        "document",
        lambda parts: parts | {"documents/0000.json": parts["documents/0000.json"] + b" "},
    ),
    "a list that is none": ("needs", changed("place.json", put(grants={}))),
    "a grant to nobody": ("needs", changed("place.json", put(grants=[{"grantee": "x", "level": "network"}]))),
    "a grant of all": (
        "needs",
        changed("place.json", put(grants=[{"grantee": "https://x.example/a", "level": "public"}])),
    ),
    "a draft with a path": ("needs", changed("place.json", put(drafts=[{"name": "../x", "content": {}}]))),
    "a form that is none": ("needs", changed("place.json", put(entries=[{"form": "x", "content": [["a"]]}]))),
    "a picture that is not there": ("needs", changed("place.json", put(media=[{"id": "nothing"}]))),
    "depth": ("json", lambda parts: parts | {"place.json": b'{"x":' + b"[" * 500 + b"]" * 500 + b"}"}),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_is_refused_with_a_reason(packed: Parts, name: str) -> None:
    code, change = CHANGED[name]
    found = read(zipped(change(packed)))
    assert isinstance(found, Unfit)
    assert found.code == code
    assert all(found.text(lang) and "{" not in found.text(lang) for lang in LANGUAGES)


def test_a_manifest_that_does_not_say_what_is_there(packed: Parts) -> None:
    found = read(zipped(packed | {"README.txt": b"other"}, honest=False))
    assert found == Unfit("digest", "README.txt")
    assert read(zipped(without("README.txt")(packed), honest=False)) == Unfit("listed")
    assert read(zipped(packed | {A: b"x"}, honest=False)) == Unfit("listed")


def test_a_part_that_is_there_twice(packed: Parts) -> None:
    raw = zipped({A: b"1", B: b"2"} | packed)
    assert read(raw.replace(B.encode(), A.encode())) == Unfit("twice")


def test_a_part_that_says_it_is_shorter_than_it_is(packed: Parts) -> None:
    """The size that a bomb declares is small: no more than that is read."""
    raw = bytearray(zipped(packed | {"documents/0099.json": bytes(50_001)}))
    real = struct.pack("<L", 50_001)
    for at in (raw.rindex(real), raw.index(real)):
        raw[at : at + 4] = struct.pack("<L", 10)
    assert isinstance(read(bytes(raw)), Unfit)


def test_a_list_of_parts_that_would_fill_the_memory(packed: Parts) -> None:
    """The list at the end is refused by its length, before any entry of it is read."""
    entry = b"PK\1\2" + bytes(42)
    listed = entry * 200_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(listed), 0, 0)
    assert read(listed + end) == Unfit("zip")
    whole = zipped(packed)
    assert read(whole[:-22] + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1) + whole[-22:]) == Unfit("zip")


def test_noise_is_refused_and_raises_nothing(packed: Parts) -> None:
    whole, chance = zipped(packed), random.Random(20)
    meant = read(whole)
    assert isinstance(meant, Luggage)
    assert read(b"") == Unfit("zip")
    for _ in range(150):
        raw = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.2 else whole)
        for _ in range(chance.randrange(1, 6)):
            if raw:
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        found = read(bytes(raw))
        assert isinstance(found, Unfit) or found == meant, "no byte changes what is brought in"


def test_words_that_a_browser_would_run_are_taken_out(packed: Parts, new: Node) -> None:
    """A manager has the keys of a place, and can sign what no form of ours would have made."""
    luggage = read(zipped(packed))
    assert isinstance(luggage, Luggage)
    bad = "<p>x</p><script>alert(1)</script><img src=x onerror=alert(1)>"
    said = [
        unpacking.Said(each.id, each.kind, each.sharing, each.published, {**each.content, "content": bad})
        if each.kind == "Note"
        else each
        for each in luggage.said
    ]
    arrival.arrive(new, replace(luggage, said=tuple(said)))
    text = b"".join(bytes(row[0]) for row in rows(new, "SELECT bytes FROM blobs"))  # type: ignore[call-overload]
    assert b"<script" not in text
    assert b"onerror" not in text
    new.close()


def test_drafts_that_say_nothing_are_left_aside(packed: Parts, new: Node) -> None:
    odd = [
        {"name": "report/2024/public", "content": {"period": "2024", "observations": [{"indicator": 3}]}},
        {"name": "report/2023/public", "content": {"period": ["x"], "observations": []}},
        {"name": "description", "content": {"name": {"x": 1}}, "state": "changed"},
    ]
    luggage = read(zipped(changed("place.json", put(drafts=odd))(packed)))
    assert isinstance(luggage, Luggage)
    arrived = arrival.arrive(new, luggage)
    assert set(arrived.left) == {each["name"] for each in odd}
    new.close()


def test_a_picture_that_is_none_is_refused(packed: Parts, new: Node) -> None:
    odd = changed("place.json", put(media=[{"id": "a" * 32, "alt": "Un atelier", "file": "../x"}]))
    luggage = read(zipped(odd(packed | {A: b"<svg onload=alert(1)>"})))
    assert isinstance(luggage, Luggage)
    with pytest.raises(PictureRefused):
        arrival.arrive(new, luggage)
    assert rows(new, "SELECT slug FROM actors") == [("actor",)]
    new.close()
