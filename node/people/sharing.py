"""Who may see the figures of each theme, as its manager chose; until then, what the vocabulary proposes for each."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from node.context import Node
from node.store import times
from node.store.people import sharing_choices
from vocab import sharing
from vocab.model import Observation
from vocab.reference import indicators, themes

AS_PROPOSED = "proposed"


def choices(node: Node, slug: str) -> dict[str, str]:
    """The level of each theme, or `proposed`; empty when nobody has chosen yet."""
    query = select(sharing_choices).where(sharing_choices.c.place == slug)
    with node.store.read() as connection:
        return {row.theme: row.sharing for row in connection.execute(query)}


def choose(node: Node, slug: str, levels: Mapping[str, str]) -> None:
    """Keep the choice of every theme; what is no level counts as `proposed`."""
    now, known = times.text(node.clock()), (*sharing.LEVELS, AS_PROPOSED)
    rows = [
        {"place": slug, "theme": theme, "sharing": level if level in known else AS_PROPOSED, "since": now}
        for theme, level in ((theme, levels.get(theme, AS_PROPOSED)) for theme in themes())
    ]

    def act(connection: Connection) -> None:
        connection.execute(delete(sharing_choices).where(sharing_choices.c.place == slug))
        connection.execute(insert(sharing_choices), rows)

    node.store.write(act)


def level_of(indicator: str, chosen: Mapping[str, str]) -> str:
    """The level of a figure: its theme's, else what is proposed for it."""
    level = chosen.get(indicators()[indicator].theme, AS_PROPOSED)
    return sharing.proposed(indicator) if level == AS_PROPOSED else level


def by_level(figures: Iterable[Observation], chosen: Mapping[str, str]) -> dict[str, list[Observation]]:
    """The figures, each at one level."""
    found: dict[str, list[Observation]] = {}
    for figure in figures:
        found.setdefault(level_of(figure.indicator, chosen), []).append(figure)
    return found
