"""One line of `maillage doctor`: what was looked at, how it is, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """`NOTE` is worth knowing; `BAD` is a problem."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """Its sentence is the text `doctor.<about>.<code>`, which says what to do unless all is well."""

    about: str
    state: State
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"doctor.{self.about}.{self.code}"


def fine(about: str, **params: object) -> Finding:
    return Finding(about, State.OK, "ok", params)


def note(about: str, code: str, **params: object) -> Finding:
    return Finding(about, State.NOTE, code, params)


def bad(about: str, code: str, **params: object) -> Finding:
    return Finding(about, State.BAD, code, params)
