"""Documents against the shapes of the vocabulary (SHACL 1.0), with messages in the reader's language.

Loaded only where documents are made or checked; the request path never comes here.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shacl import Shapes

from vocab.errors import Mistake
from vocab.jsonld import nquads
from vocab.model import LANGUAGES

_TEXT = re.compile(r'"([^"\n]*)"@(fr|en)')


@cache
def _turtle() -> str:
    return (Path(__file__).parent / "data" / "shapes.ttl").read_text(encoding="utf-8")


@cache
def _shapes() -> Shapes:
    return Shapes.from_turtle(_turtle())


@cache
def _language_of() -> Mapping[str, str]:
    """The language of each message: the engine gives messages without their language."""
    return dict(_TEXT.findall(_turtle()))


def _local(iri: str) -> str:
    return iri.strip("<>").rpartition("#")[2].rpartition("/")[2] or iri


def shacl(document: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Every constraint of `shapes.ttl` that the document breaks; empty when it conforms."""
    triples = "\n".join(nquads(document))
    report = _shapes().validate_text(triples, "ntriples")
    return tuple(Mistake(_local(result.path or ""), "shape", _texts(result)) for result in report.results)


def _texts(result: Any) -> dict[str, str]:
    said = {_language_of().get(text, ""): text for text in map(str, result.messages)}
    return {lang: said.get(lang) or str(result.component) for lang in LANGUAGES}
