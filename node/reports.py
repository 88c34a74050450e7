"""The figures of a place as its manager enters them: one draft a period and a sharing level."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from node.context import Node
from node.places import content_text, known_actor, put_draft, state_of
from node.store import times
from node.store.schema import actors, drafts
from vocab.model import Observation
from vocab.sharing import LEVELS


@dataclass(frozen=True, slots=True)
class ReportState:
    """A report as entered; `state` is draft, changed, published or removing; `document`: what it was published as."""

    slug: str
    period: str
    sharing: str
    count: int
    state: str
    document: str = ""


def draft_name(period: str, sharing: str) -> str:
    """The name under which the figures of a period and a level are kept."""
    return f"report/{period.replace('/', '_')}/{sharing}"


def add_report(node: Node, slug: str, period: str, observations: Sequence[Observation], sharing: str) -> str:
    """Keep the figures, all of them: `added`, `changed` (a revision) or `same`. Raises `PlaceUnknown`."""
    figures = [observation.to_json() for observation in observations]
    content = content_text({"period": period, "sharing": sharing, "observations": figures})

    def act(connection: Connection) -> str:
        actor = known_actor(connection, node, slug).id
        return put_draft(connection, actor, draft_name(period, sharing), content, times.text(node.clock()))

    return node.store.write(act)


def figures_of(node: Node, slug: str) -> dict[tuple[str, str], tuple[Observation, ...]]:
    """What is entered for a place, by period and sharing level; what is to be withdrawn is left out."""
    query = select(drafts).join(actors, actors.c.id == drafts.c.actor).where(actors.c.slug == slug)
    with node.store.read() as connection:
        rows = connection.execute(query.where(drafts.c.name.startswith("report/"), drafts.c.removed.is_(False))).all()
    contents = [json.loads(row.content) for row in rows]
    return {(c["period"], c["sharing"]): tuple(map(Observation.from_json, c["observations"])) for c in contents}


def put_period(node: Node, slug: str, period: str, by_level: Mapping[str, Sequence[Observation]]) -> None:
    """All the figures of a period, each at one sharing level, in one transaction; a level without any is withdrawn.

    Raises `PlaceUnknown`.
    """
    now = times.text(node.clock())

    def act(connection: Connection) -> None:
        actor = known_actor(connection, node, slug).id
        for level in LEVELS:
            name, figures = draft_name(period, level), by_level.get(level, ())
            if figures:
                said = [figure.to_json() for figure in figures]
                content = {"period": period, "sharing": level, "observations": said}
                put_draft(connection, actor, name, content_text(content), now)
            else:
                _withdraw(connection, actor, name, now)

    node.store.write(act)


def _withdraw(connection: Connection, actor: str, name: str, now: str) -> bool:
    key = (drafts.c.actor == actor) & (drafts.c.name == name)
    if connection.execute(delete(drafts).where(key, drafts.c.document.is_(None))).rowcount:
        return True
    removed = update(drafts).where(key, drafts.c.removed.is_(False))
    return bool(connection.execute(removed.values(removed=True, updated=now)).rowcount)


def list_all(node: Node, slug: str | None = None) -> list[ReportState]:
    """The reports entered for one place, or for all."""
    query = (
        select(actors.c.slug, drafts)
        .join(drafts, drafts.c.actor == actors.c.id)
        .where(drafts.c.name.startswith("report/"), actors.c.deleted.is_(None))
        .order_by(actors.c.slug, drafts.c.name)
    )
    with node.store.read() as connection:
        rows = connection.execute(query if slug is None else query.where(actors.c.slug == slug)).all()
    states = []
    for row in rows:
        content = json.loads(row.content)
        count = len(content["observations"])
        about = (row.slug, content["period"], content["sharing"], count, state_of(row))
        states.append(ReportState(*about, row.document or ""))
    return states


def remove_report(node: Node, slug: str, period: str, sharing: str) -> bool:
    """Withdraw a report; the next `publish` says so to those who received it. False when there is none."""

    def act(connection: Connection) -> bool:
        actor = known_actor(connection, node, slug).id
        return _withdraw(connection, actor, draft_name(period, sharing), times.text(node.clock()))

    return node.store.write(act)
