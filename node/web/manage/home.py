"""My places, and the first page of one of them: what is done, and what to do next."""

from aiohttp import web

from node.context import Node
from node.people import roles
from node.people.roles import Right
from node.places import list_all
from node.views import steps
from node.web import desk
from node.web.desk import Visit


def mine(visit: Visit) -> web.Response:
    """The places of this account; whoever has one alone goes straight to it."""
    held = roles.places(visit.node, visit.account.id)
    states = {state.slug: state for state in list_all(visit.node)}
    places = [
        {"slug": slug, "role": role, "name": states[slug].place.name, "state": states[slug].state}
        for slug, role in held.items()
        if slug in states
    ]
    if len(places) == 1 and not visit.account.host:
        return visit.go(f"/manage/{places[0]['slug']}?lang={visit.lang}")
    return visit.page("manage/mine.html", here="mine", places=places)


def of_place(visit: Visit) -> web.Response:
    """What is done, and what to do next."""
    return visit.page("manage/home.html", here="home", steps=steps.of(visit.node, visit.place))


def routes(node: Node) -> list[web.RouteDef]:
    """`/manage` and `/manage/SLUG`."""
    return [
        *desk.routes(node, "/manage", Right.ACCOUNT, mine),
        *desk.routes(node, "/manage/{slug:[a-z0-9_]{1,30}}", Right.SEE, of_place),
    ]
