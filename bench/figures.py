"""A network of places that never were, as rows of a journal: what they are, and what they report year after year.

The documents are built, numbered and signed as ours are (the places share a few pairs of keys: nobody looks at the
signatures again), and they are put in the journal as what was received and judged is.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import insert

from bench.keys import keys
from federation.activity import Heading, make
from federation.canonical import digest, jcs
from federation.keys import ActorKeys
from federation.proof import add_proof
from node.context import Node
from node.store.journal import Verdict
from node.store.schema import blobs, documents, journal
from tests.vocab.simulated import FAR, places
from vocab import territory
from vocab.build import description, report
from vocab.model import Address, Envelope, Observation, Operator, Place
from vocab.reference import indicators, scheme
from vocab.terms import LICENCE_OUVERTE, PUBLIC

PLACES, YEARS, FIGURES = 5_000, ("2022", "2023", "2024", "2025"), 51
_NOW = "2026-01-15T10:00:00Z"
_PAIRS = 8
_CHUNK = 250


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the journal, and the bytes that it keeps."""

    row: dict[str, Any]
    activity: bytes
    document: bytes | None = None


def _actor(number: int) -> str:
    return f"https://site{number}.example/places/lieu"


def _place(number: int, random: Random, communes: Sequence[str]) -> Place:
    families = random.sample(sorted(scheme("typology").codes), random.choice((1, 1, 2)))
    operator = Operator(f"Association {number // 3}", rna=f"W{number // 3 + 100_000_000}")  # a third of them have more
    own = Operator(f"Association du lieu {number}")
    return Place(
        iri=f"{_actor(number)}#place",
        name=f"Lieu {number}",
        address=Address(random.choice(communes)),
        typology=tuple(families),
        opened=str(random.randint(2008, 2021)),
        operator=operator if random.random() < 0.5 else own,
    )


def _others(random: Random, sized: frozenset[str]) -> dict[str, Decimal]:
    """Answers to what the simulation has no size for: yes or no, a mark, a small number."""
    ends = {"flag": (0, 1), "score": (1, 5)}
    return {
        rule.id: Decimal(random.randint(*ends.get(rule.kind, (0, 9))))
        for rule in indicators().values()
        if rule.origin == "entered" and rule.id not in sized
    }


def _figures(made: Mapping[str, Decimal], year: str, random: Random) -> tuple[Observation, ...]:
    """So many of them, whatever else the place could say; all grow by a fortieth of the first year's, every year."""
    grown = 1 + Decimal(int(year) - int(YEARS[0])) / 40
    given = {name: _grown(name, value, grown) for name, value in made.items()}
    return tuple(_figure(name, year, given[name]) for name in random.sample(sorted(given), min(FIGURES, len(given))))


def _grown(name: str, value: Decimal, by: Decimal) -> Decimal:
    if indicators()[name].kind in ("flag", "score", "stock") or name == "openingHours":
        return value
    return (value * by).to_integral_value() if value > 9 else value


def _figure(name: str, year: str, value: Decimal) -> Observation:
    rule = indicators()[name]
    return Observation(name, year, value, rule.unit, method="v1" if rule.kind in ("score", "model") else "")


def _envelope(actor: str, name: str) -> Envelope:
    return Envelope(f"{actor}/documents/{name}", actor, 1, _NOW, _NOW, LICENCE_OUVERTE, "public", (PUBLIC,))


def _row(actor: str, number: int, kind: str, about: str, **more: object) -> dict[str, Any]:
    plain = {
        "direction": "in",
        "time": _NOW,
        "actor": actor,
        "activity": f"{actor}/activities/{number}",
        "type": kind,
        "object": about,
        "object_type": "Follow",
        "version": None,
        "sharing": None,
        "digest": None,
        "verified": "cavage",
        "key": actor + "#main-key",
        "verdict": Verdict.EFFECT,
    }
    return plain | more


def _said(actor: str, number: int, document: dict[str, Any], pair: ActorKeys) -> Entry:
    proved = add_proof(document, pair.ed25519, actor + "#ed25519-key", _NOW)
    raw = jcs(proved)
    activity = make("Create", Heading(f"{actor}/activities/{number}", actor, (PUBLIC,), (), _NOW), proved)
    about = {"object_type": document["type"][1], "version": 1, "sharing": "public", "digest": digest(raw)}
    return Entry(_row(actor, number, "Create", document["id"], verdict=Verdict.CURRENT, **about), jcs(activity), raw)


def _told(numbers: Sequence[int]) -> list[Entry]:
    """All that some places ever said: they accept to be followed, describe themselves, and report."""
    random, pairs = Random(f"places {numbers[0]}"), keys(_PAIRS)
    communes = sorted(commune.code for commune in territory.communes())
    found = []
    cases = places(FAR, numbers[0], len(numbers), len(indicators()))
    sized = frozenset(name for case in cases for name in case.report)
    for number, case in zip(numbers, cases, strict=True):
        actor, pair = _actor(number), pairs[number % _PAIRS]
        found.append(Entry(_row(actor, 0, "Accept", f"{actor}/follow"), b"{}"))
        said = description(_place(number, random, communes), _envelope(actor, "description"))
        found.append(_said(actor, 1, said, pair))
        made = _others(random, sized) | case.report
        for at, year in enumerate(YEARS, 2):
            figures = _figures(made, year, random)
            said = report(f"{actor}#place", year, figures, _envelope(actor, f"report-{year}"))
            found.append(_said(actor, at, said, pair))
    return found


def told(count: int) -> Iterator[list[Entry]]:
    """What `count` places said, some places at a time; made by as many processes as there are processors."""
    keys(_PAIRS)
    numbers = iter(range(count))
    chunks = list(iter(lambda: list(islice(numbers, _CHUNK)), []))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_told, chunks)


def keep(node: Node, entries: Iterable[list[Entry]]) -> int:
    """Put what was said in the journal; how many rows."""
    seq = 0
    for some in entries:
        numbered = [(number, entry) for number, entry in enumerate(some, seq + 1)]
        seq += len(some)
        said = [(number, kind, raw) for number, e in numbered
                for kind, raw in (("activity", e.activity), ("document", e.document)) if raw is not None]  # fmt: skip

        def act(connection: Any, numbered: Any = numbered, said: Any = said) -> None:
            connection.execute(insert(journal), [entry.row | {"seq": number} for number, entry in numbered])
            connection.execute(insert(blobs), [{"seq": n, "kind": kind, "bytes": raw} for n, kind, raw in said])
            connection.execute(insert(documents), [_current(n, e) for n, e in numbered if e.document is not None])

        node.store.write(act)
    return seq


def _current(seq: int, entry: Entry) -> dict[str, Any]:
    row = entry.row
    return {
        "id": row["object"],
        "owner": row["actor"],
        "type": row["object_type"],
        "version": 1,
        "sharing": "public",
        "digest": row["digest"],
        "seq": seq,
        "published": _NOW,
        "updated": _NOW,
        "own": False,
    }
