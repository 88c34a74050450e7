"""The pictures that a place keeps: the file under `DIR/media`, its row in the database, its public address."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from node.context import Node
from node.errors import PlaceUnknown
from node.media.picture import Fit, PictureRefused, fit
from node.people import quotas
from node.places import show_place
from node.store import times
from node.store.people import media
from vocab.post import Picture

FOLDER = "media"
LONGEST_ALT = 500
_ENDS = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture of a place; `name` is that of the file, and the last part of its address."""

    id: str
    place: str
    type: str
    width: int
    height: int
    bytes: int
    alt: str

    @property
    def name(self) -> str:
        return f"{self.id}.{_ENDS[self.type]}"

    @property
    def small(self) -> str:
        """The name of the small one, for lists."""
        return small_of(self.name)


def small_of(name: str) -> str:
    """The small picture beside one, by name or by address."""
    stem, _, end = name.rpartition(".")
    return f"{stem}-small.{end}"


def keep(node: Node, slug: str, raw: bytes, alt: str, account: str = "") -> Kept:
    """Make a picture fit and keep it. Raises `PictureRefused`, `QuotaReached`, `Closed`, `PlaceUnknown`."""
    alt = alt_text(alt)
    if show_place(node, slug) is None:
        raise PlaceUnknown(slug)
    made = fit(raw)
    return node.store.write(lambda connection: put(connection, node, slug, made, alt, account))


def put(connection: Connection, node: Node, slug: str, made: Fit, alt: str, account: str = "", name: str = "") -> Kept:
    """The same, of a picture that was made fit, inside the caller's transaction; `name`: the id that it is to have."""
    row = {
        "id": name or token_hex(16),
        "place": slug,
        "type": made.type,
        "width": made.width,
        "height": made.height,
        "bytes": len(made.data) + len(made.small),
        "digest": sha256(made.data).hexdigest(),
        "alt": alt,
        "account": account,
        "created": times.text(node.clock()),
    }
    quotas.check_media(connection, node, slug, len(made.data) + len(made.small))
    connection.execute(insert(media).values(row))
    kept = _kept(connection.execute(select(media).where(media.c.id == row["id"])).one())
    _write(folder(node) / kept.small, made.small)
    _write(folder(node) / kept.name, made.data)
    return kept


def alt_text(alt: str) -> str:
    """What is said of the picture, on one line; raises `PictureRefused` when nothing is, or too much."""
    words = " ".join(alt.split())
    if not words or len(words) > LONGEST_ALT:
        raise PictureRefused("picture_alt", most=LONGEST_ALT)
    return words


def describe(node: Node, slug: str, picture: str, alt: str) -> None:
    """Say something else of a picture. Raises `PictureRefused`."""
    said = update(media).where(media.c.id == picture, media.c.place == slug).values(alt=alt_text(alt))
    node.store.write(lambda connection: connection.execute(said))


def _write(path: Path, data: bytes) -> None:
    """The whole file or none; its row is written after it, so that no row is without its file."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def folder(node: Node) -> Path:
    """Where the files are: backed up with the database."""
    return node.dir / FOLDER


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, row.place, row.type, row.width, row.height, row.bytes, row.alt)


def of_place(node: Node, slug: str, ids: tuple[str, ...] | None = None) -> list[Kept]:
    """The pictures of a place, the newest first, or those of `ids` in their order."""
    query = select(media).where(media.c.place == slug).order_by(media.c.created.desc())
    with node.store.read() as connection:
        found = {row.id: _kept(row) for row in connection.execute(query)}
    return list(found.values()) if ids is None else [found[each] for each in dict.fromkeys(ids) if each in found]


def named(node: Node, name: str) -> Kept | None:
    """The picture of a file name, of its small one too; None for any other name, whatever it holds."""
    with node.store.read() as connection:
        row = connection.execute(select(media).where(media.c.id == name[:32])).one_or_none()
    kept = None if row is None else _kept(row)
    return kept if kept is not None and name in (kept.name, kept.small) else None


def forget(node: Node, slug: str, picture: str) -> None:
    """Take a picture away, from the database first."""
    kept = of_place(node, slug, (picture,))
    gone = delete(media).where(media.c.id == picture, media.c.place == slug)
    node.store.write(lambda connection: connection.execute(gone))
    for each in kept:
        for name in (each.name, each.small):
            (folder(node) / name).unlink(missing_ok=True)


def address(node: Node, kept: Kept) -> str:
    """Its public address, which never serves another picture."""
    return f"{node.config.url}/media/{kept.name}"


def as_said(node: Node, kept: Kept) -> Picture:
    """The picture as a post says it."""
    return Picture(address(node, kept), kept.type, kept.alt, kept.width, kept.height)
