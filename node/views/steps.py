"""What a manager has done for a place, and what comes next."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from node import rejections
from node.context import Node
from node.people import entries
from node.places import DESCRIPTION, known_actor, state_of
from node.store.schema import deliveries, drafts, followers, journal


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done, next (the first that is not), todo, call. `page`: the tab to go to; `count`: what waits."""

    name: str
    page: str
    state: str
    count: int = 0


def of(node: Node, slug: str) -> list[Step]:
    """The road of a place: describe, figures, publish, be followed; then what calls. Raises `PlaceUnknown`."""
    with node.store.read() as connection:
        actor = known_actor(connection, node, slug).id
        found = connection.execute(select(drafts).where(drafts.c.actor == actor)).all()
        waiting = _followers(connection, actor, "pending")
        followed = _followers(connection, actor, "accepted")
        failed = _failed(connection, actor)
        refused = len(rejections.told(connection, actor))
    states = {draft.name: state_of(draft) for draft in found}
    unpublished = sum(state != "published" for state in states.values())
    reports = any(name.startswith("report/") for name in states)
    road = [
        ("describe", "description", DESCRIPTION in states, 0),
        ("figures", "figures", reports, 0),
        ("publish", "publish", bool(states) and not unpublished, unpublished),
        ("followed", "network", followed > 0, followed),
    ]
    first = next((name for name, _, done, _ in road if not done), "")
    steps = [Step(name, page, _state(done, name == first), n) for name, page, done, n in road]
    begun = {entry.form.partition("/")[0] for entry in entries.of(node, slug)}
    calls = (
        ("begun_description", "description", int("description" in begun)),
        ("begun_figures", "figures", int("figures" in begun)),
        ("refused", "publish", refused),
        ("waiting", "network", waiting),
        ("failed", "network", failed),
    )
    return steps + [Step(name, page, "call", n) for name, page, n in calls if n]


def _state(done: bool, first: bool) -> str:
    return "done" if done else "next" if first else "todo"


def _followers(connection: Connection, actor: str, state: str) -> int:
    query = select(func.count()).select_from(followers)
    return int(connection.execute(query.where(followers.c.actor == actor, followers.c.state == state)).scalar_one())


def _failed(connection: Connection, actor: str) -> int:
    query = select(func.count()).select_from(deliveries).join(journal, journal.c.seq == deliveries.c.seq)
    lost = deliveries.c.state.in_(("refused", "parked")) & (deliveries.c.signer == actor)
    return int(connection.execute(query.where(lost)).scalar_one())
