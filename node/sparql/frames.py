"""What the pool and a worker say to each other: one JSON line, then the bytes of the body, if any."""

import json
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Self

ROW_FORMATS = ("json", "csv", "tsv", "xml")
GRAPH_FORMATS = ("turtle", "ntriples", "jsonld", "rdfxml")


@dataclass(frozen=True, slots=True)
class Question:
    """One query for a worker. `default` and `named` are graph IRIs of the SPARQL protocol; none: as the query says."""

    query: str
    format: str
    rows: int
    size: int
    seconds: float
    has_dataset: bool = False
    graphs: tuple[str, ...] = ()
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        values: dict[str, Any] = json.loads(line)
        for name in ("graphs", "default", "named"):
            values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says: ready, fresh, done (a body follows) or refused (`reason`, `detail`)."""

    state: str
    length: int = 0
    rows: int = 0
    truncated: bool = False
    reason: str = ""
    detail: str = ""

    def write(self, out: BinaryIO, body: bytes = b"") -> None:
        out.write(json.dumps(asdict(self)).encode() + b"\n" + body)
        out.flush()

    @classmethod
    def read(cls, line: bytes) -> Self:
        return cls(**json.loads(line))
