"""What a place may take up on a node that hosts several: living documents, bytes of media, posts a day; or nothing new,
while it is suspended or once it has moved away.

A place without a quota of its own has those of the configuration. Whatever makes something new asks here, inside its
own transaction.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from node.context import Node
from node.errors import NodeError
from node.store import times
from node.store.people import media, quotas
from node.store.schema import actors, documents
from node.store.statement import Statement

POSTS = ("Note", "Article", "Event")


class Closed(NodeError):
    """A place that says nothing new: `code` is place_suspended or place_moved."""

    def __init__(self, code: str, slug: str, **params: object) -> None:
        self.code = code
        super().__init__(slug=slug, **params)


class QuotaReached(NodeError):
    """`code` says which: quota.documents, quota.media, quota.posts."""

    def __init__(self, which: str, most: int) -> None:
        self.code = "quota." + which
        super().__init__(most=most)


@dataclass(frozen=True, slots=True)
class Quota:
    """What a place may take up; `media` in bytes; `suspended`: since when, or empty."""

    documents: int
    media: int
    posts: int
    suspended: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """What it takes up; `posts`: those that began today, UTC."""

    documents: int = 0
    media: int = 0
    posts: int = 0


def usual(node: Node) -> Quota:
    """The quota of a place that has none of its own."""
    return Quota(node.config.place_documents, node.config.place_megabytes * 1_000_000, node.config.place_posts)


def of(connection: Connection, node: Node, slug: str) -> Quota:
    """The quota of one place."""
    return of_all(connection, node, slug).get(slug, usual(node))


def of_all(connection: Connection, node: Node, slug: str | None = None) -> dict[str, Quota]:
    """The quotas of the places that have a row of their own, by short name."""
    query, most = select(quotas), usual(node)
    rows = connection.execute(query if slug is None else query.where(quotas.c.place == slug))
    return {
        row.place: Quota(
            most.documents if row.documents is None else row.documents,
            most.media if row.media_bytes is None else row.media_bytes,
            most.posts if row.posts_a_day is None else row.posts_a_day,
            row.suspended or "",
            own=any(each is not None for each in (row.documents, row.media_bytes, row.posts_a_day)),
        )
        for row in rows
    }


def used(connection: Connection, node: Node, slug: str | None = None) -> dict[str, Used]:
    """What each place takes up, by short name, in three queries whatever their number."""
    today = times.text(node.clock())[:10]
    living = select(actors.c.slug, func.count()).join(actors, actors.c.id == documents.c.owner)
    living = living.where(documents.c.own, documents.c.deleted.is_(None)).group_by(actors.c.slug)
    begun = select(actors.c.slug, func.count()).join(actors, actors.c.id == documents.c.owner)
    begun = begun.where(documents.c.own, documents.c.type.in_(POSTS), documents.c.published >= today)
    kept = select(media.c.place, func.sum(media.c.bytes)).group_by(media.c.place)
    if slug is not None:
        living, begun = living.where(actors.c.slug == slug), begun.where(actors.c.slug == slug)
        kept = kept.where(media.c.place == slug)
    found = [
        {name: int(count) for name, count in connection.execute(query)}
        for query in (living, kept, begun.group_by(actors.c.slug))
    ]
    return {name: Used(*(each.get(name, 0) for each in found)) for name in set().union(*found)}


_OPEN = Statement(
    select(actors.c.moved, quotas.c.suspended)
    .outerjoin(quotas, quotas.c.place == actors.c.slug)
    .where(actors.c.slug == bindparam("slug"))
)
_MINE = (documents.c.owner == bindparam("owner")) & documents.c.own
_LIVING = Statement(select(func.count().label("n")).where(_MINE, documents.c.deleted.is_(None)))
_BEGUN = Statement(
    select(func.count().label("n")).where(
        _MINE, or_(*(documents.c.type == kind for kind in POSTS)), documents.c.published >= bindparam("today")
    )
)


def check_open(connection: Connection, node: Node, slug: str) -> None:
    """Raises `Closed` for a place that is suspended, or that moved away."""
    row = _OPEN.one(connection, {"slug": slug})
    if row is not None and row.moved:
        raise Closed("place_moved", slug, target=row.moved)
    if row is not None and row.suspended:
        raise Closed("place_suspended", slug)


def check_new(connection: Connection, node: Node, slug: str, kind: str) -> None:
    """Room for one more document of a kind; raises `QuotaReached`."""
    most, owner = of(connection, node, slug), node.config.actor(slug)
    living = _LIVING.one(connection, {"owner": owner})
    if living is not None and living.n >= most.documents:
        raise QuotaReached("documents", most.documents)
    if kind not in POSTS:
        return
    begun = _BEGUN.one(connection, {"owner": owner, "today": times.text(node.clock())[:10]})
    if begun is not None and begun.n >= most.posts:
        raise QuotaReached("posts", most.posts)


def check_media(connection: Connection, node: Node, slug: str, size: int) -> None:
    """Room for so many bytes more, in a place that is open; raises `Closed`, `QuotaReached`."""
    check_open(connection, node, slug)
    most, now = of(connection, node, slug), used(connection, node, slug).get(slug, Used())
    if now.media + size > most.media:
        raise QuotaReached("media", most.media // 1_000_000)


def put(node: Node, slug: str, *, documents: int | None, media: int | None, posts: int | None) -> None:
    """Give a place quotas of its own; None: the usual one."""
    _set(node, slug, documents=documents, media_bytes=media, posts_a_day=posts)


def suspend(node: Node, slug: str, suspended: bool) -> None:
    """Let a place say nothing new, or let it speak again; what it said stays."""
    _set(node, slug, suspended=times.text(node.clock()) if suspended else None)


def _set(node: Node, slug: str, **values: object) -> None:
    statement = insert(quotas).values({"place": slug} | values)
    node.store.write(lambda c: c.execute(statement.on_conflict_do_update(index_elements=["place"], set_=values)))
