"""TOML as a person wrote it: a table, or the one place where it stops being TOML."""

import re
import tomllib
from typing import Any, Final

from vocab.errors import Mistake

_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


def table(text: str, file: str, above: int = 0) -> dict[str, Any] | Mistake:
    """The table of a text; `above`: how many lines of the file come before it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line, column = found.groups() if found else (str(text.count("\n") + 1), "1")
        return Mistake(file, "toml.bad", {"line": str(int(line) + above), "column": column})
    except (ValueError, RecursionError):  # a date or a nesting that TOML allows to be written and Python cannot hold
        return Mistake(file, "toml.bad", {"line": str(1 + above), "column": "1"})
