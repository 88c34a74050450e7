"""What a publication changes, line by line, and what was said against it. Pure: contents of drafts in, lines out.

The key of a line is a member of the description (`summary.fr` for a text in one language, `position` for the two
coordinates), or the indicator of a figure with its breakdown: `events|eventAccess=public`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vocab.errors import Mistake

_MEMBERS = ("name", "status", "typology", "summary", "address", "position", "hours", "website", "operator")
_NOT_SHOWN = ("iri", "lat", "lon")
_NUMBERED = re.compile(r"observations\[([0-9]{1,6})\]")
_COORDINATES = ("lat", "lon", "geo")
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said: as it was last published and as it will be, None for nothing; what is wrong in it."""

    key: str
    before: Any
    after: Any
    mistakes: tuple[Mistake, ...] = ()

    @property
    def is_changed(self) -> bool:
        return bool(self.before != self.after)


def lines(before: Content, after: Content, mistakes: Iterable[Mistake] = ()) -> tuple[Line, ...]:
    """Every line of either content, in the order of the newer one; what is wrong in no line in particular comes in a
    last one, whose key is empty."""
    old, new = _parts(before), _parts(after)
    wrong: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        wrong.setdefault(line_of(mistake.field, after), []).append(mistake)
    found = [Line(key, old.get(key), new.get(key), tuple(wrong.pop(key, ()))) for key in {**new, **old}]
    rest = tuple(mistake for some in wrong.values() for mistake in some)
    return (*found, Line("", None, None, rest)) if rest else tuple(found)


def figure_key(figure: Content) -> str:
    """The key of a figure, from its indicator and breakdown."""
    return f"{figure['indicator']}|{figure['breakdown']}" if figure["breakdown"] else str(figure["indicator"])


def line_of(field: str, content: Content) -> str:
    """The key of the line that a mistake is about, as its field names it; empty when it is about no line of these."""
    figures = content.get("observations")
    if figures is not None:
        found = _NUMBERED.match(field)
        number = int(found[1]) if found else 0
        return figure_key(figures[number - 1]) if 0 < number <= len(figures) else ""
    head, _, rest = field.replace("[", ".").partition(".")
    key = "position" if head in _COORDINATES else f"summary.{rest}" if head == "summary" else head
    return key if key == "position" or key in _parts(content) or head in content else ""


def _parts(content: Content) -> dict[str, Any]:
    """The lines of a content; what says nothing is none."""
    if "observations" in content:
        return {figure_key(figure): figure for figure in content["observations"]}
    said = {**content, **content.get("more", {})}
    said.pop("more", None)
    if said.get("lat") is not None and said.get("lon") is not None:
        said["position"] = f"{said['lat']}, {said['lon']}"
    order = [*_MEMBERS, *(name for name in said if name not in _MEMBERS)]
    found: dict[str, Any] = {}
    for name in order:
        value = said.get(name)
        if name == "summary":
            found |= {f"summary.{lang}": text for lang, text in (value or {}).items() if text}
        elif name not in _NOT_SHOWN and value not in (None, "", [], {}):
            found[name] = value
    return found
