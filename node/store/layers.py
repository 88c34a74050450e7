"""Layers of the territory that the operator loaded: for each commune, the class that a source gives it at a date."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from node.store.schema import layer_classes, layers


@dataclass(frozen=True, slots=True)
class Layer:
    """`name` is what `--by` and pages call it; `date` that of the source; `digest` the SHA-256 of the file."""

    name: str
    title: str
    source: str
    date: str
    digest: str
    loaded: str


def put(connection: Connection, layer: Layer, classes: Mapping[str, str]) -> None:
    """The layer and its classes by commune, in place of what had its name."""
    drop(connection, layer.name)
    connection.execute(insert(layers).values({name: getattr(layer, name) for name in Layer.__slots__}))
    rows = [{"layer": layer.name, "commune": commune, "value": value} for commune, value in classes.items()]
    if rows:
        connection.execute(insert(layer_classes), rows)


def drop(connection: Connection, name: str) -> bool:
    """Whether there was one."""
    connection.execute(delete(layer_classes).where(layer_classes.c.layer == name))
    return bool(connection.execute(delete(layers).where(layers.c.name == name)).rowcount)


def all_of(connection: Connection) -> tuple[Layer, ...]:
    """Every layer, by name."""
    return tuple(Layer(*row) for row in connection.execute(select(layers).order_by(layers.c.name)))


def classes(connection: Connection, name: str) -> dict[str, str]:
    """The class of each commune of a layer."""
    c = layer_classes.c
    rows = connection.execute(select(c.commune, c.value).where(c.layer == name)).all()
    return {row.commune: row.value for row in rows}
