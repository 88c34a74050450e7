"""What is odd in the figures that a manager entered, before anything leaves: read from the drafts, nothing is kept."""

import json

from sqlalchemy import select

from node.context import Node
from node.places import DESCRIPTION
from node.store.schema import actors, drafts
from vocab import plausible
from vocab.model import Observation, Place
from vocab.oddity import Oddity
from vocab.periods import Period


def of_report(node: Node, slug: str, period: str, sharing: str) -> tuple[Oddity, ...]:
    """What to check in one report: against itself, the place's other figures of that year, and those of other years."""
    place, entered = _entered(node, slug)
    year = Period.parse(period).year
    this_year = [each for (when, _), figures in entered.items() if Period.parse(when).year == year for each in figures]
    others = [each for (when, _), figures in entered.items() if Period.parse(when).year != year for each in figures]
    asked = {(each.indicator, tuple(sorted(each.breakdown))) for each in entered.get((period, sharing), ())}
    found = plausible.warnings(this_year, others, place)
    return tuple(odd for odd in found if not odd.indicator or (odd.indicator, odd.breakdown) in asked)


def of_other_periods(node: Node, slug: str, period: str) -> tuple[Observation, ...]:
    """The figures entered for a place and not withdrawn, but for those of `period`, whatever their sharing."""
    _, entered = _entered(node, slug)
    return tuple(each for (when, _), figures in entered.items() if when != period for each in figures)


def _entered(node: Node, slug: str) -> tuple[Place | None, dict[tuple[str, str], list[Observation]]]:
    """The place as it is described, and its figures by period and sharing."""
    of_place = (actors.c.slug == slug) & actors.c.deleted.is_(None) & drafts.c.removed.is_(False)
    query = select(drafts.c.name, drafts.c.content).join(actors, actors.c.id == drafts.c.actor).where(of_place)
    place: Place | None = None
    entered: dict[tuple[str, str], list[Observation]] = {}
    with node.store.read() as connection:
        rows = connection.execute(query.order_by(drafts.c.name)).all()
    for row in rows:
        content = json.loads(row.content)
        if row.name == DESCRIPTION:
            place = Place.from_json(content)
        elif row.name.startswith("report/"):
            figures = [Observation.from_json(each) for each in content["observations"]]
            entered[content["period"], content["sharing"]] = figures
    return place, entered
