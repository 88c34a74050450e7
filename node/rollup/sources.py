"""What a year's files are made from, in few words: they are written again only when these words change.

A row of the projections is told by the entry of the journal that gave it (`seq`), which says the same for ever under
one version of the fold: how many rows there are, and two sums of their entries, stand for what they say.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select

from node.context import Node
from node.rollup.stamp import loaded, rules
from node.store.schema import directory, observations, relations, restricted_observations
from node.views.totals import Ground, spans

Signs = Mapping[str, tuple[int, ...]]
_TOLD = ("place", "actor", "kind", "operator", "typology", "status", "opened", "closed")
_PLACES = [directory.c[name] for name in (*_TOLD, "commune", "epci", "departement", "region")]
_PRIME = 2_147_483_647


def of_years(node: Node, years: Iterable[str]) -> dict[str, str]:
    """The digest of all that the files of each year are made from."""
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        places = public.execute(select(*_PLACES).order_by(directory.c.place, directory.c.seq)).all()
        connected = public.execute(select(relations.c.actor).order_by(relations.c.actor)).scalars().all()
        signs = [_signs(public, observations, "period"), _signs(restricted, restricted_observations, "period")]
        common = _digest(rules(public), loaded(node), places, connected)
    return {year: _digest(common, year, [_within(each, year) for each in signs]) for year in years}


def of_places(node: Node, ground: Ground) -> dict[str, str]:
    """For each place of a year that describes itself, the digest of what its answers are made from."""
    o = observations.c
    with node.cache.public.read() as public:
        signs = _signs(public, observations, "place", spans(o.period, ground.period))
        common = rules(public)
    return {
        iri: _digest(common, signs.get(iri, ()), place.opened, place.open_at)
        for iri, place in ground.places.items()
        if place.kind == "description"
    }


def _signs(connection: Connection, table: Table, by: str, *wanted: Any) -> Signs:
    """By period or place: how many rows, the sum of their entries, and that of the squares of these."""
    seq = table.c.seq
    query = select(table.c[by], func.count(), func.sum(seq), func.sum(seq * seq % _PRIME)).where(*wanted)
    return {row[0]: tuple(row[1:]) for row in connection.execute(query.group_by(table.c[by]))}


def _within(signs: Signs, year: str) -> Collection[tuple[str, tuple[int, ...]]]:
    """Those of the periods that may bear on a year: its own, those of the year before and of the one before that."""
    near = tuple(str(int(year) - back) for back in range(3))
    return sorted(each for each in signs.items() if each[0].startswith(near))


def _digest(*said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()
