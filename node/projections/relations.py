"""Whose documents count here: our own actors, and those that accepted our Follow and were not left since."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import relations


def all_of(connection: Connection) -> set[str]:
    """The actors whose documents count."""
    return set(connection.execute(select(relations.c.actor)).scalars())


def begin(connection: Connection, actor: str, entry: Row[Any]) -> None:
    """Its documents count from now on."""
    row = {"actor": actor, "since": entry.time, "seq": entry.seq}
    connection.execute(insert(relations).values(row).on_conflict_do_nothing())


def end(connection: Connection, actor: str) -> None:
    """They no longer do."""
    connection.execute(delete(relations).where(relations.c.actor == actor))


def begun_by(entry: Row[Any]) -> str | None:
    """The actor with whom this row begins a relation: it accepted us, or it is a place of ours that speaks."""
    if entry.direction == "in":
        return entry.actor if (entry.type, entry.verdict) == ("Accept", "effect") else None
    return entry.actor if entry.object_type == "Description" and entry.verdict == "current" else None


def ended_by(entry: Row[Any]) -> str | None:
    """The actor with whom this row ends it: it rejected us, we left, it is gone, or was ours and moved."""
    if entry.object_type == "Actor" and entry.verdict == "tombstone":
        return str(entry.object)
    if entry.direction == "in":
        return entry.actor if (entry.type, entry.verdict) == ("Reject", "effect") else None
    if (entry.type, entry.verdict) == ("Move", "effect"):  # a place of ours lives elsewhere
        return str(entry.actor)
    return entry.audience if (entry.type, entry.object_type) == ("Undo", "Follow") else None
