"""Documents against the shapes of the vocabulary (SHACL 1.0), with messages in the reader's language.

Loaded only where documents are made or checked; the request path never comes here.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shacl import Shapes

from vocab.errors import Mistake
from vocab.jsonld import nquads


@cache
def _shapes() -> Shapes:
    return Shapes.from_turtle((Path(__file__).parent / "data" / "shapes.ttl").read_text(encoding="utf-8"))


def _local(iri: str) -> str:
    return iri.strip("<>").rpartition("#")[2].rpartition("/")[2] or iri


def shacl(document: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Every constraint of `shapes.ttl` that the document breaks; empty when it conforms."""
    triples = "\n".join(nquads(document))
    report = _shapes().validate_text(triples, "ntriples")
    return tuple(Mistake(_local(result.path or ""), "shape", _texts(result)) for result in report.results)


def _texts(result: Any) -> dict[str, str]:
    said = result.messages if isinstance(result.messages, list | tuple) else [result.message]
    texts = [text for text in map(str, said) if text]
    return {"detail": " · ".join(texts) or str(result.component)}
