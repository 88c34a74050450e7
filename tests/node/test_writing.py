"""Writing for everybody, over real HTTP: what is typed, its pictures, what leaves, what is corrected and taken back."""

import io
import json
import re
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from aiohttp import FormData
from PIL import Image

from node.media import files, picture
from node.media.picture import PictureRefused
from node.people import entries, quotas, roles, writing
from node.people.roles import Role
from node.places import add_place, delete_place
from node.posts import from_fields, list_all
from node.project import rebuild
from node.publish import publish
from node.store import documents
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import place
from vocab.post import Post

NEW = "/manage/etabli/posts/new?kind="
NOTE = {"text": "Le **four à pain** est allumé.", "do": "publish"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    node = populated(tmp_path / "node")
    publish(node)
    async with served(node) as opened:
        opened.come_in("owner")
        yield opened


def photo(size: tuple[int, int] = (40, 30), kind: str = "JPEG", **more: object) -> bytes:
    data = io.BytesIO()
    mode = "RGBA" if kind == "PNG" else "RGB"
    Image.new(mode, size, (200, 100, 50, 128) if mode == "RGBA" else (200, 100, 50)).save(data, kind, **more)
    return data.getvalue()


def with_picture(form: dict[str, str], data: bytes, alt: str) -> FormData:
    made = FormData()
    for name, value in (form | {"alt": alt}).items():
        made.add_field(name, value)
    made.add_field("file", data, filename="photo.jpg", content_type="image/jpeg")
    return made


def signed(site: Site, kind: str) -> dict[str, object]:
    """The newest post of a kind, as it left."""
    post = next(each for each in list_all(site.node, SLUG) if each.kind == kind)
    with site.node.store.read() as connection:
        stored = documents.stored(connection, post.id)
        assert stored is not None
        said: dict[str, object] = json.loads(documents.bytes_at(connection, stored.seq) or b"")
    return said


async def test_a_note_is_seen_first_then_leaves(site: Site) -> None:
    html = await (await site.post(NEW + "note", NOTE | {"do": "preview"})).text()
    assert "<strong>four à pain</strong>" in html
    assert list_all(site.node, SLUG) == []
    assert entries.kept(site.node, SLUG, "posts/new-note") is not None
    assert "four à pain" in await (await site.get(NEW + "note")).text(), "nothing is lost by leaving"
    answer = await site.post(NEW + "note", NOTE)
    assert answer.status == 303
    assert "<strong>four à pain</strong>" in str(signed(site, "note")["content"])
    assert entries.kept(site.node, SLUG, "posts/new-note") is None
    assert "C’est publié sur votre page." in await (await site.get("/manage/etabli/posts")).text()


async def test_what_is_missing_is_said_beside_its_field(site: Site) -> None:
    html = await (await site.post(NEW + "event", {"do": "publish"})).text()
    for field in ("title", "date", "text"):
        assert f'id="{field}-wrong"' in html, field
    late = {"title": "Fête", "date": "2027-05-01T20:00", "end": "2027-05-01T18:00", "text": "Venez", "do": "publish"}
    html = await (await site.post(NEW + "event", late)).text()
    assert 'id="end-wrong"' in html
    assert 'value="Fête"' in html
    assert (await site.get(NEW + "poem")).status == 404


@pytest.mark.parametrize(("kind", "called"), [("article", "Titre"), ("event", "Nom de l’événement")])
async def test_what_is_to_be_mended_has_the_name_of_its_field(site: Site, kind: str, called: str) -> None:
    html = await (await site.post(NEW + kind, {"do": "publish"})).text()
    assert re.search(rf'href="#title"[^>]*>{called}', html)


async def test_an_empty_form_is_nothing_begun(site: Site) -> None:
    await site.post(NEW + "article", {"do": "publish"})
    await site.post(NEW + "event", {"do": "publish", "status": "scheduled"})
    assert "commencé" not in await (await site.get("/manage/etabli/posts")).text()
    await site.post(NEW + "event", {"do": "publish", "title": "Fête"})
    assert "commencé" in await (await site.get("/manage/etabli/posts")).text()


async def test_who_writes_before_the_place_has_a_page_is_told_so(site: Site) -> None:
    add_place(site.node, "neuf", place(site.node, "neuf", "Le Neuf"))
    roles.give(site.node, "owner", "neuf", Role.OWNER)
    paths = ("/manage/neuf/posts/new?kind=note", "/manage/neuf/posts")
    for path in paths:
        assert "pas encore de page publique" in await (await site.get(path)).text()
    publish(site.node, "neuf")
    for path in paths:
        assert "pas encore de page publique" not in await (await site.get(path)).text()


async def test_an_event_is_on_the_clock_of_the_place(site: Site) -> None:
    form = {
        "title": "Fête du pain",
        "date": "2027-05-01T18:00",
        "text": "Venez",
        "do": "publish",
        "status": "tentative",
    }
    assert (await site.post(NEW + "event", form)).status == 303
    said = signed(site, "event")
    assert said["startTime"] == "2027-05-01T16:00:00Z"
    assert said["eventStatus"] == "EventTentative"
    assert said["location"]["name"] == "L'Établi"  # type: ignore[index]


async def test_a_picture_leaves_with_its_text_and_nothing_of_the_camera(site: Site) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (46.0, 10.0, 0.0)}
    raw = photo((4000, 3000), exif=exif.tobytes(), comment=b"SecretComment")
    assert b"SecretCamera" in raw
    html = await (await site.post(NEW + "note", with_picture(NOTE, raw, ""))).text()
    assert 'id="alt-wrong"' in html, "a picture without its text"
    html = await (await site.post(NEW + "note", with_picture(NOTE, b"", "Le four, ouvert"))).text()
    assert 'id="file-wrong"' in html, "a file of no bytes, as a full telephone gives"
    assert (await site.post(NEW + "note", with_picture(NOTE, raw, "Le four, ouvert"))).status == 303
    (image,) = signed(site, "note")["attachment"]  # type: ignore[misc]
    assert image["type"] == "Image"
    assert image["name"] == "Le four, ouvert"
    assert (image["width"], image["height"]) == (1600, 1200)
    answer = await site.get(image["url"].removeprefix(site.node.config.url))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    body = await answer.read()
    small = await (await site.get(files.small_of(image["url"]).removeprefix(site.node.config.url))).read()
    for each, size in ((body, (1600, 1200)), (small, (480, 360))):
        assert b"Secret" not in each
        assert not Image.open(io.BytesIO(each)).getexif()
        assert Image.open(io.BytesIO(each)).size == size
    rebuild(site.node)
    page = await (await site.get(f"/places/{SLUG}/posts/{list_all(site.node, SLUG)[0].id.rpartition('/')[2]}")).text()
    assert 'alt="Le four, ouvert"' in page
    assert re.search(r'src="/media/[0-9a-f]{32}\.jpg"', page)


async def test_a_post_is_corrected_and_taken_back(site: Site) -> None:
    await site.post(
        NEW + "article", {"title": "Prêter ses outils", "text": "Comment **nous** faisons", "do": "publish"}
    )
    path = "/manage/etabli/posts/preter-ses-outils"
    html = await (await site.get(path)).text()
    assert "Comment **nous** faisons" in html, "the Markdown, not what was made of it"
    await site.post(path, {"title": "Prêter ses outils", "text": "Comment nous faisions", "do": "publish"})
    assert signed(site, "article")["version"] == 2
    answer = await site.post(path, {"do": "delete"})
    assert answer.status == 303
    assert len(list_all(site.node, SLUG)) == 1, "not without the box"
    await site.post(path, {"do": "delete", "sure": "1"})
    assert list_all(site.node, SLUG) == []
    assert (await site.get(path)).status == 404


async def test_another_place_and_a_reader_write_nothing_here(site: Site) -> None:
    await site.post(NEW + "note", NOTE)
    name = list_all(site.node, SLUG)[0].id.rpartition("/")[2]
    site.come_in("stranger")
    assert (await site.post(NEW + "note", NOTE)).status == 404
    assert (await site.get(f"/manage/voisin/posts/{name}")).status == 404
    site.come_in("reader")
    assert (await site.post(NEW + "note", NOTE)).status == 403
    assert (await site.get(f"/manage/etabli/posts/{name}")).status == 403
    html = await (await site.get("/manage/etabli/posts")).text()
    assert f'href="/places/etabli/posts/{name}?lang=fr"' in html, "what a reader may open"
    assert f"/manage/etabli/posts/{name}" not in html


async def publish_with_picture(site: Site, alt: str = "Le four") -> tuple[str, str]:
    """The address of the form of a note, and of its picture."""
    await site.post(NEW + "note", with_picture(NOTE, photo(), alt))
    (image,) = signed(site, "note")["attachment"]  # type: ignore[misc]
    name = list_all(site.node, SLUG)[0].id.rpartition("/")[2]
    return f"/manage/etabli/posts/{name}", image["url"].removeprefix(site.node.config.url)


async def test_a_picture_is_there_as_long_as_a_post_shows_it(site: Site) -> None:
    path, address = await publish_with_picture(site)
    kept = files.of_place(site.node, SLUG)[0].id
    await site.post(path, NOTE | {"picture": kept, "drop": kept, "do": "preview"})
    assert (await site.get(address)).status == 200, "the published note still shows it"
    await site.post(path, NOTE | {"do": "publish"})
    assert "attachment" not in signed(site, "note")
    assert (await site.get(address)).status == 404
    assert files.of_place(site.node, SLUG) == []


async def test_what_is_taken_back_or_given_up_takes_its_pictures_away(site: Site) -> None:
    path, address = await publish_with_picture(site)
    await site.post(path, with_picture({"text": "Encore", "do": "preview"}, photo(), "Un autre"))
    assert len(files.of_place(site.node, SLUG)) == 2
    await site.post(path, {"do": "forget"})
    assert [each.alt for each in files.of_place(site.node, SLUG)] == ["Le four"]
    assert "four à pain" in await (await site.get(path)).text(), "as it is published"
    await site.post(path, {"do": "delete", "sure": "1"})
    assert (await site.get(address)).status == 404
    assert list(files.folder(site.node).iterdir()) == []


async def test_what_is_said_of_a_picture_is_corrected(site: Site) -> None:
    path, _ = await publish_with_picture(site, "Le fuor")
    kept = files.of_place(site.node, SLUG)[0].id
    html = await (await site.post(path, NOTE | {"picture": kept, f"alt-{kept}": " "})).text()
    assert f'id="alt-{kept}-wrong"' in html
    await site.post(path, NOTE | {"picture": kept, f"alt-{kept}": "Le four"})
    (image,) = signed(site, "note")["attachment"]  # type: ignore[misc]
    assert image["name"] == "Le four"


async def test_a_post_corrected_or_withdrawn_elsewhere_is_not_kept_as_it_was_typed(site: Site) -> None:
    path, address = await publish_with_picture(site)
    stored = list_all(site.node, SLUG)[0]
    post = from_fields(site.node, SLUG, "note", {}, "Autre chose")
    assert isinstance(post, Post)
    writing.replace_by(site.node, stored, post)
    assert "textarea" not in await (await site.get(path)).text(), "it would bring the old text back"
    assert (await site.get(address)).status == 404


async def test_pictures_go_with_their_place(site: Site) -> None:
    _, address = await publish_with_picture(site)
    theirs = files.keep(site.node, "voisin", photo(), "À eux")
    delete_place(site.node, SLUG)
    assert (await site.get(address)).status == 404
    assert {each.name for each in files.folder(site.node).iterdir()} == {theirs.name, theirs.small}


async def test_a_post_called_new_has_its_own_form(site: Site) -> None:
    await site.post(NEW + "article", {"title": "New", "text": "Neuf", "do": "publish"})
    assert "Neuf" in await (await site.get("/manage/etabli/posts/new-2")).text()


async def test_a_picture_of_another_place_is_not_taken(site: Site) -> None:
    theirs = files.keep(site.node, "voisin", photo(), "À eux")
    await site.post(NEW + "note", NOTE | {"picture": theirs.id})
    assert "attachment" not in signed(site, "note")


@pytest.mark.parametrize("junk", [b"", b"no picture", photo()[:200], b"<svg onload='x'/>", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused(junk: bytes) -> None:
    with pytest.raises(PictureRefused):
        picture.fit(junk)


@pytest.mark.parametrize(
    ("mode", "kind", "made"),
    [
        ("CMYK", "JPEG", "image/jpeg"),
        ("P", "GIF", "image/jpeg"),
        ("1", "PNG", "image/jpeg"),
        ("I;16", "PNG", "image/jpeg"),
        ("LA", "PNG", "image/png"),
        ("RGB", "WEBP", "image/jpeg"),
    ],
)
def test_pictures_of_every_make_are_taken(mode: str, kind: str, made: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (300, 200)).save(data, kind)
    found = picture.fit(data.getvalue())
    assert (found.type, found.width, found.height) == (made, 300, 200)


def test_two_pictures_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "_SECONDS", 0.01)
    monkeypatch.setattr(picture, "_AT_ONCE", BoundedSemaphore(1))
    with picture._AT_ONCE, pytest.raises(PictureRefused) as refused:
        picture.fit(photo())
    assert refused.value.code == "picture_busy"


def test_a_bomb_is_refused() -> None:
    """A few hundred bytes that say they are 40,000 by 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(PictureRefused):
        picture.fit(bomb)


def test_what_shows_through_stays_so_and_a_turned_picture_stands_upright() -> None:
    clear = picture.fit(photo(kind="PNG"))
    assert clear.type == "image/png"
    assert Image.open(io.BytesIO(clear.data)).mode == "RGBA"
    turned = Image.Exif()
    turned[0x0112] = 6
    upright = picture.fit(photo((40, 30), exif=turned.tobytes()))
    assert (upright.width, upright.height) == (30, 40)


def test_a_place_keeps_no_more_than_its_quota(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    kept = files.keep(node, SLUG, photo(), "Un carré")
    quotas.put(node, SLUG, documents=None, media=kept.bytes + 10, posts=None)
    with pytest.raises(quotas.QuotaReached):
        files.keep(node, SLUG, photo(), "Un autre")
    assert sorted(each.name for each in files.folder(node).iterdir()) == sorted([kept.name, kept.small])
    files.forget(node, SLUG, kept.id)
    assert list(files.folder(node).iterdir()) == []
    node.close()


async def test_a_path_is_no_name_of_a_picture(site: Site) -> None:
    for path in ("/media/../config.toml", "/media/%2e%2e%2fconfig.toml", "/media/" + "a" * 32 + ".jpg", "/media/x"):
        assert (await site.get(path)).status == 404
