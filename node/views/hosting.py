"""The places of a node as whoever hosts them sees them: in a few queries, whatever their number."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from node.context import Node
from node.people import quotas
from node.people.quotas import Quota, Used
from node.places import list_all
from node.store.people import accounts, place_roles
from node.store.schema import actors, documents


@dataclass(frozen=True, slots=True)
class Hosted:
    """One place: `state` is draft, changed, published, removing, suspended or moved; `last`: when something of it was
    published or corrected for the last time, or empty."""

    slug: str
    name: str
    state: str
    quota: Quota
    used: Used
    last: str = ""
    owners: int = 0
    people: int = 0

    @property
    def is_near(self) -> bool:
        """Whether it takes up nine tenths of something that it may."""
        pairs = ((self.used.documents, self.quota.documents), (self.used.media, self.quota.media))
        return any(10 * used >= 9 * most for used, most in pairs)


@dataclass(frozen=True, slots=True)
class Person:
    """An account, and how many places it has a role on."""

    id: str
    name: str
    email: str
    host: bool
    places: int


def hosted(node: Node) -> list[Hosted]:
    """Every living place of this node, by name."""
    states, usual = list_all(node), quotas.usual(node)
    with node.store.read() as connection:
        own, used = quotas.of_all(connection, node), quotas.used(connection, node)
        last, people = _last(connection), _people(connection)
    rows = [
        Hosted(
            state.slug,
            state.place.name,
            state.state,
            own.get(state.slug, usual),
            used.get(state.slug, Used()),
            last.get(state.slug, ""),
            *people.get(state.slug, (0, 0)),
        )
        for state in states
    ]
    return sorted(rows, key=lambda row: (row.name.casefold(), row.slug))


def _last(connection: Connection) -> dict[str, str]:
    query = select(actors.c.slug, func.max(documents.c.updated)).join(documents, documents.c.owner == actors.c.id)
    query = query.where(documents.c.own, documents.c.deleted.is_(None)).group_by(actors.c.slug)
    return {row[0]: row[1] for row in connection.execute(query)}


def _people(connection: Connection) -> dict[str, tuple[int, int]]:
    """How many own a place, and how many have a role on it."""
    owns = func.sum(place_roles.c.role == "owner")
    query = select(place_roles.c.place, owns, func.count()).group_by(place_roles.c.place)
    return {place: (int(owners or 0), int(people)) for place, owners, people in connection.execute(query)}


def persons(node: Node) -> list[Person]:
    """Every account, by name."""
    query = select(accounts, func.count(place_roles.c.place).label("places"))
    query = query.outerjoin(place_roles, place_roles.c.account == accounts.c.id).group_by(accounts.c.id)
    with node.store.read() as connection:
        rows = connection.execute(query).all()
    found = [Person(row.id, row.name, row.email, bool(row.host), row.places) for row in rows]
    return sorted(found, key=lambda person: (person.name.casefold(), person.email))
