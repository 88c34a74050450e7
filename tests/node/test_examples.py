"""The examples of FEDERATION.md are what a node sends; only contexts, proofs and salts are left out."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node import posts
from node.context import Node, init_node
from node.places import add_place
from tests.node.net import place
from tests.shape import ROOT
from vocab.post import Post

TEXTS = {
    "note": "L'atelier **rouvre** samedi.\n",
    "article": "---\ntitre: Partager un broyeur\nrésumé: À trois lieux\nlicence: cc-by-sa\n---\n"
    "Un broyeur pour trois.\n",
    "event": (ROOT / "examples/one_site/event.md").read_text(encoding="utf-8"),
}
LEFT_OUT = ("@context", "proof", "commitment")


def examples() -> dict[str, Any]:
    """The JSON of the document, by type."""
    text = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    return {block["type"]: block for block in blocks if isinstance(block["type"], str)}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = init_node(tmp_path, "https://etabli.example", ("site",), "L'Établi", {})
    yield replace(made, clock=lambda: datetime(2026, 5, 4, 8, 0, tzinfo=UTC))
    made.close()


def sent(node: Node) -> dict[str, Any]:
    """What leaves when each kind of post is made, by type."""
    add_place(node, "etabli", place(node, "etabli"))
    for kind, text in TEXTS.items():
        post = posts.read(node, "etabli", kind, text, is_toml=False)
        assert isinstance(post, Post)
        posts.add(node, "etabli", post)
    with node.store.read() as connection:
        raw = connection.exec_driver_sql("SELECT bytes FROM blobs WHERE kind='activity' ORDER BY seq").scalars().all()
    activities = [json.loads(each) for each in raw]
    found = {a["type"] if a["type"] != "Create" else a["object"]["type"]: a for a in activities}
    return {kind: _bare(a if kind == "Announce" else a["object"]) for kind, a in found.items()}


def _bare(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in LEFT_OUT}


@pytest.mark.parametrize("kind", ["Note", "Article", "Event", "Announce"])
def test_what_the_document_shows_is_what_is_sent(node: Node, kind: str) -> None:
    assert examples()[kind] == sent(node)[kind]
