"""Who may do what: a role of one account on one place, and the rights that it gives."""

from enum import StrEnum

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from node.context import Node
from node.errors import NodeError
from node.people.accounts import Account, read, remove
from node.store import times
from node.store.people import accounts, place_roles


class Role(StrEnum):
    """What an account is for a place."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


class Right(StrEnum):
    """What a page asks for."""

    ACCOUNT = "account"  # whoever is logged in
    SEE = "see"
    EDIT = "edit"  # description, figures, posts, and to publish them
    OWN = "own"  # people, sharing, who follows, programs, export
    HOST = "host"  # the node: places, quotas, accounts; not what a place says


_GIVES = {
    Role.OWNER: frozenset({Right.SEE, Right.EDIT, Right.OWN}),
    Role.EDITOR: frozenset({Right.SEE, Right.EDIT}),
    Role.READER: frozenset({Right.SEE}),
}


class LastOwner(NodeError):
    """A place always keeps somebody who can decide."""

    code = "last_owner"


class LastHost(NodeError):
    """A node always keeps somebody who looks after it, once it has one."""

    code = "last_host"


def allows(account: Account, role: Role | None, right: Right) -> bool:
    """Whether an account with this role on the place has the right."""
    if right is Right.ACCOUNT:
        return True
    if right is Right.HOST:
        return account.host
    return role is not None and right in _GIVES[role]


def role(node: Node, account: str, place: str) -> Role | None:
    """What an account is for a place."""
    query = select(place_roles.c.role).where(place_roles.c.account == account, place_roles.c.place == place)
    with node.store.read() as connection:
        found = connection.execute(query).scalar_one_or_none()
    return None if found is None else Role(found)


def places(node: Node, account: str) -> dict[str, Role]:
    """The places of an account, by short name."""
    query = select(place_roles).where(place_roles.c.account == account).order_by(place_roles.c.place)
    with node.store.read() as connection:
        return {row.place: Role(row.role) for row in connection.execute(query)}


def of(node: Node, place: str) -> list[tuple[Account, Role]]:
    """Everybody who has a role on a place, owners first."""
    query = select(accounts, place_roles.c.role).join(place_roles, place_roles.c.account == accounts.c.id)
    with node.store.read() as connection:
        rows = connection.execute(query.where(place_roles.c.place == place)).all()
    found = [(read(row), Role(row.role)) for row in rows]
    return sorted(found, key=lambda pair: (list(Role).index(pair[1]), pair[0].name))


def put(connection: Connection, account: str, place: str, given: Role, now: str) -> None:
    """Give the role inside a transaction of the caller."""
    values = {"account": account, "place": place, "role": str(given), "since": now}
    statement = insert(place_roles).values(values)
    changed = {"role": str(given), "since": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["account", "place"], set_=changed))


def give(node: Node, account: str, place: str, given: Role) -> None:
    """Give a role, in place of another. Raises `LastOwner` rather than leave a place without one."""

    def act(connection: Connection) -> None:
        if given is not Role.OWNER:
            _keep_an_owner(connection, account, place)
        put(connection, account, place, given, times.text(node.clock()))

    node.store.write(act)


def take(node: Node, account: str, place: str) -> None:
    """Take the role away. Raises `LastOwner`."""

    def act(connection: Connection) -> None:
        _keep_an_owner(connection, account, place)
        key = (place_roles.c.account == account) & (place_roles.c.place == place)
        connection.execute(delete(place_roles).where(key))

    node.store.write(act)


def close(node: Node, account: str) -> None:
    """Forget an account that nothing depends on. Raises `LastOwner`, `LastHost`."""

    def check(connection: Connection) -> None:
        held = select(place_roles.c.place).where(place_roles.c.account == account)
        for place in connection.execute(held).scalars().all():
            _keep_an_owner(connection, account, place)
        _keep_a_host(connection, account)

    node.store.write(check)
    remove(node, account)


def make_host(node: Node, account: str, host: bool) -> None:
    """Let an account look after the node, or no longer. Raises `LastHost`."""

    def act(connection: Connection) -> None:
        if not host:
            _keep_a_host(connection, account)
        connection.execute(update(accounts).where(accounts.c.id == account).values(host=host))

    node.store.write(act)


def _keep_a_host(connection: Connection, account: str) -> None:
    found = connection.execute(select(accounts.c.id).where(accounts.c.host)).scalars().all()
    if list(found) == [account]:
        raise LastHost


def _keep_an_owner(connection: Connection, account: str, place: str) -> None:
    owner = (place_roles.c.place == place) & (place_roles.c.role == str(Role.OWNER))
    others = select(func.count()).select_from(place_roles).where(owner, place_roles.c.account != account)
    mine = select(func.count()).select_from(place_roles).where(owner, place_roles.c.account == account)
    if connection.execute(mine).scalar_one() and not connection.execute(others).scalar_one():
        raise LastOwner(place=place)


def hosts(connection: Connection) -> int:
    """How many accounts look after the node."""
    return int(connection.execute(select(func.count()).select_from(accounts).where(accounts.c.host)).scalar_one())
