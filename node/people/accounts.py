"""Accounts: one a person, by e-mail address, whatever the number of places."""

import re
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from node.context import Node
from node.errors import NodeError
from node.messages import LANGUAGES
from node.people import password as passwords
from node.store import times
from node.store.people import accounts, place_roles, sessions

_EMAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,190}\.[^@\s<>\"',;.]{2,60}")
_LONGEST_NAME = 100


class AccountRefused(NodeError):
    """An account that cannot be made or changed so; `code` says why, `field` where."""

    def __init__(self, code: str, field: str, **params: object) -> None:
        self.code = "account." + code
        self.field = field
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class Account:
    """A person; `host` looks after the whole node, which gives no right over what a place says."""

    id: str
    email: str
    name: str
    language: str
    host: bool
    created: str


def read(row: Row[Any]) -> Account:
    """The account of a row of its table."""
    return Account(row.id, row.email, row.name, row.language, bool(row.host), row.created)


def checked(email: str, name: str, password: str) -> tuple[str, str]:
    """The address and the name as they are kept. Raises `AccountRefused` for the first thing that is wrong."""
    email, name = email.strip().lower(), " ".join(name.split())
    if not _EMAIL.fullmatch(email):
        raise AccountRefused("email", "email")
    if not name or len(name) > _LONGEST_NAME:
        raise AccountRefused("name", "name")
    check_password(password)
    return email, name


def check_password(password: str) -> None:
    """Length alone (NIST SP 800-63B, 3.1.1.2); raises `AccountRefused`."""
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise AccountRefused("password", "password", least=passwords.SHORTEST)


def create(node: Node, email: str, name: str, password: str, host: bool = False, language: str = "fr") -> Account:
    """A new account. Raises `AccountRefused`: email, name, password, taken."""
    email, name = checked(email, name, password)
    row = {
        "id": token_hex(8),
        "email": email,
        "name": name,
        "password": passwords.hashed(password),
        "language": language if language in LANGUAGES else "fr",
        "host": host,
        "created": times.text(node.clock()),
    }
    try:
        node.store.write(lambda connection: connection.execute(insert(accounts).values(row)))
    except IntegrityError:
        raise AccountRefused("taken", "email", email=email) from None
    return Account(str(row["id"]), email, name, str(row["language"]), host, str(row["created"]))


def _one(node: Node, where: ColumnElement[bool]) -> Row[Any] | None:
    with node.store.read() as connection:
        return connection.execute(select(accounts).where(where)).one_or_none()


def by_email(node: Node, email: str) -> Account | None:
    row = _one(node, accounts.c.email == email.strip().lower())
    return None if row is None else read(row)


def by_id(node: Node, account: str) -> Account | None:
    row = _one(node, accounts.c.id == account)
    return None if row is None else read(row)


def everybody(node: Node) -> list[Account]:
    """Every account, oldest first."""
    with node.store.read() as connection:
        rows = connection.execute(select(accounts).order_by(accounts.c.created, accounts.c.id)).all()
    return [read(row) for row in rows]


def authenticated(node: Node, email: str, password: str) -> Account | None:
    """Whose address and password these are."""
    row = _one(node, accounts.c.email == email.strip().lower())
    right = passwords.is_right(password[: passwords.LONGEST + 1], None if row is None else row.password)
    return read(row) if right and row is not None else None


def set_password(node: Node, account: str, password: str) -> None:
    """Another password, and every session of the account ended. Raises `AccountRefused`."""
    check_password(password)
    kept = passwords.hashed(password)

    def act(connection: Connection) -> None:
        connection.execute(update(accounts).where(accounts.c.id == account).values(password=kept))
        connection.execute(delete(sessions).where(sessions.c.account == account))

    node.store.write(act)


def change(node: Node, account: str, name: str, language: str) -> None:
    """Another name or language. Raises `AccountRefused`."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise AccountRefused("name", "name")
    values = {"name": name, "language": language if language in LANGUAGES else "fr"}
    changed = update(accounts).where(accounts.c.id == account).values(values)
    node.store.write(lambda connection: connection.execute(changed))


def remove(node: Node, account: str) -> None:
    """Forget an account, its roles and its sessions; what it did stays in the audit trail, under its id."""

    def act(connection: Connection) -> None:
        for table in (place_roles, sessions):
            connection.execute(delete(table).where(table.c.account == account))
        connection.execute(delete(accounts).where(accounts.c.id == account))

    node.store.write(act)
