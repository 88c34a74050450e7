"""The open transactions that a fold writes in, and the journal it reads."""

from dataclasses import dataclass, field

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Stores:
    """`truth` is read; `public` and `restricted` are written. `graphs`: whether N-Quads are kept (aggregators).

    `related`: whose documents count, as the relations that are being folded stand.
    `touched`: the places and years whose public figures changed, so that their warnings are found again.
    `moved`: the entries that change what totals are made from.
    """

    truth: Connection
    public: Connection
    restricted: Connection
    graphs: bool
    related: set[str]
    touched: dict[str, set[int]] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
