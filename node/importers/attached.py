"""What an export of ours attaches to a format that has no word for it: fields and figures under `tl_`. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from node.importers.drawing import FIELDS
from node.importers.figures import Cell
from node.importers.file import words
from vocab.model import Observation, breakdown_of

PREFIX = "tl_"


def fields_in(node: Mapping[str, Any]) -> dict[str, str]:
    """The vocabulary's own fields among the attributes of an element."""
    return {name: words(node[PREFIX + name]) for name in FIELDS if PREFIX + name in node}


def cells_of(listed: object) -> tuple[Cell, ...]:
    """Figures in the plain form of an observation; what is not one is left out."""
    return tuple(_cell(each) for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def _cell(said: Mapping[str, Any]) -> Cell:
    indicator, period, value, status, method, conf = (
        words(said.get(key)) for key in ("indicator", "period", "value", "status", "method", "conf")
    )
    return Cell(indicator, period, value, status, method, conf, breakdown_of(words(said.get("breakdown"))))


def figures_as(figures: Iterable[Observation]) -> list[dict[str, Any]]:
    """The inverse of `cells_of`."""
    return [figure.to_json() for figure in figures]
