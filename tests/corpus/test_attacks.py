"""None of the published attacks is left out: each is realised by a test that names it, somewhere under `tests`."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.vectors import cases
from tests.shared import ROOT

# What such an entry is about does not exist yet; what there is today that could go wrong alike is tried instead.
TODAY = {
    "S16": "there is no log-in: what is withheld answers as what never was",
    "W05": "there is no log-in: no address redirects at all",
    "K07": "there are no editions: the documents that they will be made of prove themselves",
    "F09": "nothing registers an address of its own: every address that a peer names passes the guard",
}


def _named(file: Path) -> set[str]:
    """The attacks that a file's tests say they realise."""
    calls = (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
    found = (call.args for call in calls if isinstance(call.func, ast.Name) and call.func.id == "attack")
    return {str(each.value) for args in found for each in args if isinstance(each, ast.Constant)}


@cache
def realised() -> frozenset[str]:
    return frozenset().union(*map(_named, sorted((ROOT / "tests").rglob("test_*.py"))))


@pytest.mark.parametrize("entry", cases("attacks"))
def test_every_attack_is_realised(entry: dict[str, Any]) -> None:
    assert entry["id"] in realised(), entry["lesson"]


def test_what_does_not_exist_yet_is_named() -> None:
    assert realised() >= TODAY.keys()
