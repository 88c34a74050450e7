"""Forms as they are typed, before anything is checked: kept while somebody fills them in, so that no word is lost.

One entry a form and a place, whoever types. Saving the form for good drops it.
"""

import json
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from node.context import Node
from node.store import times
from node.store.people import accounts, entries
from vocab.forms import Pairs

LARGEST = 500_000  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed into a form, as (field, value); `who` typed it last, `saved` is when."""

    form: str
    pairs: tuple[tuple[str, str], ...]
    who: str
    saved: str


def keep(node: Node, place: str, form: str, pairs: Pairs, account: str) -> bool:
    """Keep what is typed in place of what was; False, and nothing is kept, when it is larger than any form."""
    content = json.dumps([list(pair) for pair in pairs], ensure_ascii=False)
    if len(content) > LARGEST:
        return False
    values = {"content": content, "account": account, "saved": times.text(node.clock())}
    put = insert(entries).values({"place": place, "form": form} | values)
    kept = put.on_conflict_do_update(index_elements=["place", "form"], set_=values)
    node.store.write(lambda connection: connection.execute(kept))
    return True


def kept(node: Node, place: str, form: str) -> Entry | None:
    """What is kept of one form."""
    return next((entry for entry in of(node, place) if entry.form == form), None)


def of(node: Node, place: str) -> list[Entry]:
    """Every form of a place that somebody began and has not saved for good."""
    query = select(entries, accounts.c.name).join(accounts, accounts.c.id == entries.c.account, isouter=True)
    with node.store.read() as connection:
        rows = connection.execute(query.where(entries.c.place == place).order_by(entries.c.form)).all()
    return [
        Entry(row.form, tuple((name, value) for name, value in json.loads(row.content)), row.name or "", row.saved)
        for row in rows
    ]


def drop(node: Node, place: str, form: str) -> None:
    """Forget what was typed: it is saved for good, or given up."""
    gone = delete(entries).where(entries.c.place == place, entries.c.form == form)
    node.store.write(lambda connection: connection.execute(gone))
