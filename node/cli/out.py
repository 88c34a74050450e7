"""How a command speaks: text for a person, one JSON value for a machine, and always what to do next."""

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from node.messages import text

DONE, REFUSED, USAGE, REMOTE, NOT_FOUND = 0, 1, 2, 3, 4


# What a terminal would obey (but bold), and what would turn a line around: names come from anywhere.
_OBEYED = re.compile("\x1b(?!\\[[01]m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def shown(line: str) -> str:
    """A line as it may be shown on a terminal."""
    return _OBEYED.sub("\ufffd", line)


class Stop(Exception):
    """Ends a command with an exit code and readable lines; nothing was written."""

    def __init__(self, code: int, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Out:
    """Where a command writes. `as_json`: stdout holds exactly one JSON value and the rest goes to stderr."""

    lang: str
    as_json: bool

    def text(self, key: str, **params: object) -> str:
        return text(self.lang, key, **params)

    def say(self, key: str, **params: object) -> None:
        """One line for a person."""
        self.line(self.text(key, **params))

    def line(self, line: str) -> None:
        if not self.as_json:
            print(shown(line))

    def data(self, value: Any) -> None:
        """The answer for a machine."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=1, default=str), flush=True)

    def next(self, key: str, **params: object) -> None:
        """The last line: what to do next."""
        line = "→ " + self.text(key, **params)
        print(shown(line), file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def progress(self, line: str) -> None:
        """On a terminal only, so that logs and pipes stay clean."""
        if sys.stderr.isatty():
            print(shown(line), file=sys.stderr, flush=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns aligned for a person."""
        if self.as_json:
            return
        lines = [[shown(cell).replace("\n", " ") for cell in row] for row in [head, *rows]]
        widths = [max(len(row[i]) for row in lines) for i in range(len(head))]
        for row in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def strong(self, line: str) -> str:
        """Bold on a terminal, unless NO_COLOR is set (no-color.org)."""
        plain = self.as_json or "NO_COLOR" in os.environ or not sys.stdout.isatty()
        return line if plain else f"\033[1m{line}\033[0m"
