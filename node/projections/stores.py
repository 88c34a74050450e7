"""The open transactions that a fold writes in, and the journal it reads."""

from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Stores:
    """`truth` is read; `public` and `restricted` are written. `graphs`: whether N-Quads are kept (aggregators)."""

    truth: Connection
    public: Connection
    restricted: Connection
    graphs: bool
