"""Published vectors, read where they lie and never copied; skipped with a reason where they are absent."""

import json
from functools import cache
from typing import Any

import pytest

from tests.shared import shared


@cache
def loaded(name: str) -> Any:
    """The content of `vectors/NAME.json`; skips where it is absent."""
    return json.loads(shared(f"vectors/{name}.json").read_text("utf-8"))


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = loaded(name)["vectors"]
    return found


def cases(name: str, *keys: str) -> list[Any]:
    """Parameters for a test: one a vector, or one a text of the lists named by `keys`."""
    try:
        found = loaded(name)
    except pytest.skip.Exception as absent:
        return [pytest.param(None, marks=pytest.mark.skip(reason=str(absent)))]
    if keys:
        return [each for key in keys for each in found[key]]
    listed = found["vectors"] if isinstance(found, dict) else found
    return [pytest.param(each, id=str(each["id"])) for each in listed]
