"""Those who were found, or who are around, as a list with their distance beside a map."""

from collections.abc import Mapping
from typing import Any

from node import seek
from node.places import show_place
from node.seek import Search, Sighting
from node.views.neighbours import nearest
from node.views.places import Wanted
from node.web import wording
from node.web.desk import Visit
from node.web.map import drawn
from vocab import territory


def shown(visit: Visit, search: Search | None, states: Mapping[str, str], departement: str) -> dict[str, Any]:
    """What was found, or without a question those of the same département that are known here."""
    state = show_place(visit.node, visit.place)
    me = visit.node.config.actor(visit.place)
    around_here = Wanted(departement=departement) if departement and search is None else None
    found = search.found if search else seek.known(visit.node, around_here) if around_here else ()
    others = [each for each in found if each.actor != me]
    here = (state.place.lat, state.place.lon) if state else (None, None)
    ordered = nearest(here, (((each.lat, each.lon), each) for each in others))
    dots = [
        (each.lon, each.lat, each.departement, each.name)
        for each in others
        if each.lat is not None and each.lon is not None and each.departement
    ]
    is_map = bool(dots)
    if state and state.place.lat is not None and state.place.lon is not None and departement:
        dots.append((state.place.lon, state.place.lat, departement, state.place.name))
    around = {each.departement for each in others if each.departement} | ({departement} if departement else set())
    return {
        "rows": [_row(each, distance, states, visit.lang) for distance, each in ordered],
        "map": drawn({}, {}, dots, around) if is_map else None,
        "searched": search is not None and search.problem is None,
        "asked": ", ".join(search.asked) if search else "",
        "silent": ", ".join(search.silent) if search else "",
    }


def _row(each: Sighting, distance: Any, states: Mapping[str, str], lang: str) -> dict[str, Any]:
    return {
        "actor": each.actor,
        "name": each.name,
        "where": territory.name_of("commune", each.commune) if each.commune else "",
        "distance": "" if distance is None else wording.number(distance, lang),
        "state": states.get(each.actor, ""),
        "is_network": each.is_network,
        "source": each.source,
    }
