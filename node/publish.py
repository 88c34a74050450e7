"""What a manager has changed, signed and sent: first a plan that can be read, then one transaction.

The documents are built and checked before the lock is taken; inside it they are built again on what is then true,
so that a plan that has aged harms nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from federation.canonical import digest
from node import audience as audiences
from node.context import Node
from node.differences import between, fields, figures
from node.errors import Invalid
from node.outgoing import Build, delete_document, put_document, send_again, update_actor
from node.people.quotas import check_open
from node.places import DESCRIPTION, state_of
from node.store import documents
from node.store.people import quotas
from node.store.schema import actors, drafts
from vocab import build
from vocab.errors import Mistake
from vocab.model import Description, Envelope, Observation, Place, Report
from vocab.parse import document as read_document


@dataclass(frozen=True, slots=True)
class Change:
    """One document that will be new, changed or deleted, and who will receive it.

    `before` and `after`: what was last published and what will be, as drafts hold it; empty for nothing.
    """

    slug: str
    kind: str  # create | update | delete
    document: str
    name: str  # description | report/PERIOD/SHARING
    sharing: str
    version: int
    differences: tuple[str, ...]
    recipients: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `publish` would do now."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What it did; `queued` counts the deliveries that wait."""

    changes: tuple[Change, ...]
    queued: int


def plan(node: Node, slug: str | None = None) -> Plan:
    """Every change since the last publication, of one place or of all. Raises `Invalid`."""
    found = preview(node, slug)
    for change, mistakes in found:
        if mistakes:
            raise Invalid(change.document, mistakes)
    return Plan(tuple(change for change, _ in found))


def preview(node: Node, slug: str | None = None) -> tuple[tuple[Change, tuple[Mistake, ...]], ...]:
    """The same, each with what is wrong in it: what its receivers would put in quarantine."""
    with node.store.read() as connection:
        changed = list(_changed(connection, slug))
        changes = [_change(connection, node, draft) for draft in changed]
    return tuple(
        (change, () if change.kind == "delete" or change.sharing == "private" else _mistakes(node, change, draft))
        for change, draft in zip(changes, changed, strict=True)
    )


def publish(node: Node, slug: str | None = None) -> Published:
    """Sign, journal and queue every change, in one transaction. Raises `Invalid`, `Closed`, `QuotaReached`; then
    nothing was written."""
    plan(node, slug)
    return node.store.write(lambda connection: _publish(connection, node, slug))


def _publish(connection: Connection, node: Node, slug: str | None) -> Published:
    if slug is not None:
        check_open(connection, node, slug)
    changes, queued = [], 0
    for draft in list(_changed(connection, slug)):
        change = _change(connection, node, draft)
        queued += _apply(connection, node, change, draft)
        changes.append(change)
    return Published(tuple(changes), queued + send_to_new(connection, node, slug))


def send_to_new(connection: Connection, node: Node, slug: str | None) -> int:
    """Send what stands published to those of its audience who were never sent it; how many."""
    places = connection.execute(_living(slug)).all()
    return sum(
        send_again(connection, node, row.slug, each.id)
        for row in places
        for each in documents.of_owner(connection, row.id)
    )


def _living(slug: str | None) -> Any:
    """One place, or all that may say something: not those that are suspended, nor those that moved away."""
    query = select(actors.c.id, actors.c.slug).where(actors.c.kind == "place", actors.c.deleted.is_(None))
    suspended = select(quotas.c.place).where(quotas.c.suspended.is_not(None))
    is_open = actors.c.moved.is_(None) & actors.c.slug.not_in(suspended)
    return query.where(is_open if slug is None else actors.c.slug == slug).order_by(actors.c.slug)


def _changed(connection: Connection, slug: str | None) -> Iterator[Row[Any]]:
    """The drafts that are not what was last published; withdrawals first, then descriptions, then reports."""
    of_living = _living(slug).subquery()
    query = select(drafts, of_living.c.slug).join(of_living, of_living.c.id == drafts.c.actor)
    query = query.order_by(of_living.c.slug, drafts.c.removed.desc(), drafts.c.name)
    return (row for row in connection.execute(query) if state_of(row) != "published")


def _sharing(draft: Row[Any]) -> str:
    return "public" if draft.name == DESCRIPTION else str(json.loads(draft.content)["sharing"])


def _change(connection: Connection, node: Node, draft: Row[Any]) -> Change:
    stored = documents.stored(connection, draft.document) if draft.document else None
    sharing = _sharing(draft)
    kind = "delete" if draft.removed else "update" if stored is not None else "create"
    reached = () if sharing == "private" else audiences.of(connection, draft.actor, sharing)
    names = dict.fromkeys(each.handle or each.actor for audience in reached for each in audience.recipients)
    before = said_in(connection, stored)
    after = {} if draft.removed else json.loads(draft.content)
    return Change(
        slug=draft.slug,
        kind=kind,
        document=draft.document or _new_id(connection, draft, sharing),
        name=draft.name,
        sharing=sharing,
        version=stored.version + (kind == "update") if stored is not None else 1,
        differences=between(_shown(before), _shown(after)) if kind == "update" else (),
        recipients=tuple(names),
        before=before,
        after=after,
    )


def _shown(content: Mapping[str, Any]) -> dict[str, str]:
    return figures(content["observations"]) if "observations" in content else fields(content)


def said_in(connection: Connection, stored: Row[Any] | None) -> dict[str, Any]:
    """What a document of ours says as it stands published, as a draft holds it; empty for none."""
    raw = None if stored is None else documents.bytes_at(connection, stored.seq)
    said = read_document(json.loads(raw)) if raw else None
    if isinstance(said, Description):
        return said.place.to_json()
    if not isinstance(said, Report):
        return {}
    figures = [figure.to_json() for figure in said.observations]
    return {"period": said.period, "sharing": said.envelope.sharing, "observations": figures}


def _new_id(connection: Connection, draft: Row[Any], sharing: str) -> str:
    """`…/description`, `…/report-PERIOD`, or a random name for what is not public; never one that was deleted."""
    base = f"{draft.actor}/documents/"
    if sharing != "public":
        return base + token_urlsafe(16)
    name = DESCRIPTION if draft.name == DESCRIPTION else "report-" + draft.name.split("/")[1]
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, 10_000))
    return next(base + each for each in names if documents.stored(connection, base + each) is None)


def _builder(draft: Row[Any]) -> Build:
    content = json.loads(draft.content)
    if draft.name == DESCRIPTION:
        place = Place.from_json(content)
        return lambda envelope: build.description(place, envelope)
    observations = tuple(map(Observation.from_json, content["observations"]))
    place_iri = f"{draft.actor}#place"
    return lambda envelope: build.report(place_iri, content["period"], observations, envelope)


def _mistakes(node: Node, change: Change, draft: Row[Any]) -> tuple[Mistake, ...]:
    from vocab.validate import shacl

    moment = "2000-01-01T00:00:00Z"
    to = audiences.addressed(draft.actor, change.sharing)
    envelope = Envelope(
        change.document, draft.actor, change.version, moment, moment, node.config.license, change.sharing, to
    )
    made = _builder(draft)(envelope)
    said = read_document(made)
    return said if isinstance(said, tuple) else shacl(made)


def _apply(connection: Connection, node: Node, change: Change, draft: Row[Any]) -> int:
    """Do one change; how many deliveries wait for it."""
    key = (drafts.c.actor == draft.actor) & (drafts.c.name == draft.name)
    if change.kind == "delete":
        connection.execute(delete(drafts).where(key))
        return delete_document(connection, node, change.slug, change.document) if draft.document else 0
    published = {"digest": digest(draft.content.encode())}
    queued = 0
    if change.sharing != "private":
        kind = "Description" if draft.name == DESCRIPTION else "Report"
        put = put_document(connection, node, change.slug, change.document, kind, change.sharing, _builder(draft))
        queued = put.queued if put else 0
        published["document"] = change.document
    connection.execute(update(drafts).where(key).values(published))
    if draft.name == DESCRIPTION:
        queued += update_actor(connection, node, change.slug)
    return queued
