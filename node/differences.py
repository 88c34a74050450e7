"""What changes between two contents, field by field, one readable line each. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _flat(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, child in enumerate(value, 1):
            yield from _flat(child, f"{path}[{number}]")
    elif value not in (None, "", []):
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def figures(observations: list[Mapping[str, Any]]) -> dict[str, str]:
    """The figures of a report under their indicator and breakdown."""
    found = {}
    for figure in observations:
        parts = figure["breakdown"]
        name = figure["indicator"] + (f" [{parts}]" if parts else "")
        value = figure["value"] if figure["value"] is not None else f"({figure['status']})"
        extra = " ".join(text for text in (figure["unit"], figure["method"]) if text)
        found[name] = f"{value} {extra}".strip()
    return found


def fields(content: Mapping[str, Any]) -> dict[str, str]:
    """Every field that is not empty, under its path."""
    return {path: value for path, value in _flat(content) if path != "iri"}


def between(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """`+ field: new`, `- field: old`, `~ field: old → new`, in the order of `after`."""
    lines = []
    for name, value in after.items():
        if name not in before:
            lines.append(f"+ {name}: {value}")
        elif before[name] != value:
            lines.append(f"~ {name}: {before[name]} → {value}")
    lines += [f"- {name}: {value}" for name, value in before.items() if name not in after]
    return tuple(lines)
