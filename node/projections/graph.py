"""The graph as sorted N-Quads, one row a public document: its named graph, and beside it where it comes from.

The provenance graph `DOCUMENT#provenance` says who said it, in which version, which bytes, proved by which key,
when it came here, and as which row of the journal.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import graphs
from node.store.statement import Statement
from vocab.errors import VocabError
from vocab.jsonld import nquads
from vocab.terms import AS2, DCT, PROV, TL, XSD

_NEW = insert(graphs)
_PUT = Statement(
    _NEW.on_conflict_do_update(index_elements=["document"], set_=dict(_NEW.excluded.items())), graphs.c.keys()
)
_DROP = Statement(delete(graphs).where(graphs.c.document == bindparam("name")))
_IRI = r"<[^\x00-\x20<>\"{}|^`\\]+>"
_LITERAL = rf"\"(?:[^\"\\\n\r]|\\[nrt\"\\])*\"(?:@[A-Za-z0-9-]+|\^\^{_IRI})?"
_TRIPLE = re.compile(rf"{_IRI} {_IRI} (?:{_IRI}|{_LITERAL}) \.")


def lines_of(document: Mapping[str, Any]) -> list[str] | None:
    """The document's own quads; None when they are not what it says that they are (`graphDigest`).

    Each line is read against the grammar of N-Quads: what a stranger wrote in an IRI cannot become another quad.
    """
    try:
        plain = nquads(document)
    except VocabError:
        return None
    names = (document["id"], document["attributedTo"], document["license"], document["proof"]["verificationMethod"])
    if not all(map(_TRIPLE.fullmatch, plain)) or not all(re.fullmatch(_IRI, f"<{name}>") for name in names):
        return None
    found = hashlib.sha256("".join(line + "\n" for line in plain).encode()).hexdigest()
    if document.get("graphDigest") != found:
        return None
    return [f"{line[:-2]} <{document['id']}> ." for line in plain]


def _provenance(entry: Row[Any], document: Mapping[str, Any]) -> Iterator[str]:
    name = f"<{document['id']}>"
    facts = {
        f"{PROV}wasAttributedTo": f"<{document['attributedTo']}>",
        f"{PROV}generatedAtTime": f'"{document["updated"]}"^^<{XSD}dateTime>',
        f"{DCT}license": f"<{document['license']}>",
        f"{TL}version": f'"{document["version"]}"^^<{XSD}integer>',
        f"{TL}digest": json.dumps(entry.digest),
        f"{TL}graphDigest": json.dumps(document["graphDigest"]),
        f"{TL}proofKey": f"<{document['proof']['verificationMethod']}>",
        f"{TL}received": f'"{entry.time}"^^<{XSD}dateTime>',
        f"{TL}journalSeq": f'"{entry.seq}"^^<{XSD}integer>',
        f"{AS2}published": f'"{document["published"]}"^^<{XSD}dateTime>',
    }
    for predicate, value in facts.items():
        yield f"{name} <{predicate}> {value} <{document['id']}#provenance> ."


def put(connection: Connection, entry: Row[Any], document: Mapping[str, Any], lines: list[str]) -> None:
    """The graph of a document in place of its earlier version."""
    text = "\n".join([*lines, *sorted(_provenance(entry, document))]) + "\n"
    _PUT.run(connection, {"document": document["id"], "nquads": text, "seq": entry.seq})


def drop(connection: Connection, document: str) -> None:
    _DROP.run(connection, {"name": document})
