"""What a place says it is, every field of it: saved when nothing is left to mend, kept as it is typed before."""

import json
from typing import Any

from aiohttp import web

from federation.canonical import digest
from node import standing
from node.context import Node
from node.people import audit, entries
from node.people.roles import Right
from node.places import DESCRIPTION, add_place, show_place
from node.web import desk, plain
from node.web.desk import Visit
from node.web.filled import filled
from vocab import communes, territory
from vocab.errors import Mistake
from vocab.forms import Pairs
from vocab.intake import form
from vocab.model import Place

BASE = "_base"  # of what was saved when the form was opened
PATH = "/manage/{slug:[a-z0-9_]{1,30}}/description"


def _page(
    visit: Visit, pairs: Pairs, base: str, mistakes: tuple[Mistake, ...] = (), more_rows: str = "", late: bool = False
) -> web.Response:
    entry = entries.kept(visit.node, visit.place, DESCRIPTION) if not visit.form else None
    values: dict[str, Any] = {
        "f": filled(visit.lang, pairs, mistakes, more_rows),
        "entry": entry,
        "base": base,
        "late": late,
    }
    return visit.page("manage/description.html", here="description", **values)


def _saved(visit: Visit) -> tuple[Pairs, str]:
    """The form of what is saved, and a short name of that state."""
    state = show_place(visit.node, visit.place)
    pairs = form.place_pairs(state.place) if state else []
    return pairs, digest(json.dumps(pairs).encode())[:16]


def show(visit: Visit) -> web.Response:
    """What is being typed, else what is saved."""
    entry = entries.kept(visit.node, visit.place, DESCRIPTION)
    saved, base = _saved(visit)
    if entry is None:
        return _page(visit, saved, base, standing.objections(visit.node, visit.place, DESCRIPTION))
    return _page(visit, form.renumbered(entry.pairs), dict(entry.pairs).get(BASE, base))


def act(visit: Visit) -> web.Response:
    """`do`: save, later, forget, commune (search), row:FIELD (one more)."""
    done, base = visit.form.get("do", "save"), visit.form.get(BASE, "")
    pairs = form.with_commune(form.renumbered(list(visit.form.items())))
    here = f"/manage/{visit.place}/description"
    if done == "forget":
        entries.drop(visit.node, visit.place, DESCRIPTION)
        return visit.go(plain.link(visit.lang, here), "describe.forgotten")
    if not entries.keep(visit.node, visit.place, DESCRIPTION, [*pairs, (BASE, base)], visit.account.id):
        raise web.HTTPRequestEntityTooLarge(max_size=entries.LARGEST, actual_size=0)
    if done == "later":
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}"), "describe.is_kept")
    if done == "commune":
        found = form.commune(dict(pairs))
        return _page(visit, pairs, base, (found,) if isinstance(found, Mistake) else ())
    if done.startswith("row:"):
        return _page(visit, pairs, base, (), done.removeprefix("row:"))
    return _save(visit, pairs, base)


def _save(visit: Visit, pairs: Pairs, base: str) -> web.Response:
    """Save it, unless something is to be mended, or somebody else saved since this form was opened: asked once."""
    read = form.place_form(pairs, visit.node.config.place(visit.place))
    if not isinstance(read, Place):
        return _page(visit, pairs, base, read)
    if left := _left_behind(visit, read):
        return _page(visit, pairs, base, left)
    now = _saved(visit)[1]
    if base not in ("", now):
        return _page(visit, pairs, now, late=True)
    change = add_place(visit.node, visit.place, read)
    entries.drop(visit.node, visit.place, DESCRIPTION)
    audit.note(visit.node, visit.account.id, "described", visit.place)
    notice = "describe.same" if change == "same" else "describe.saved"
    return visit.go(plain.link(visit.lang, f"/manage/{visit.place}"), notice)


def _left_behind(visit: Visit, now: Place) -> tuple[Mistake, ...]:
    """The postcode of the commune before, when another was chosen."""
    state, address = show_place(visit.node, visit.place), now.address
    if state is None or state.place.address.commune == address.commune:
        return ()
    if not communes.elsewhere(address.postcode, address.commune):
        return ()
    town = territory.commune(address.commune)
    params = {"value": address.postcode, "town": town.name if town else address.commune}
    return (Mistake("address.postcode", "postcode.elsewhere", params),)


def routes(node: Node) -> list[web.RouteDef]:
    """A reader sees it; an editor changes it."""
    return [*desk.routes(node, PATH, Right.SEE, show), *desk.routes(node, PATH, Right.EDIT, act=act)]
