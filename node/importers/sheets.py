"""Reads the first sheet of an XLSX or ODS file in a process of its own: `python -m node.importers.sheets`.

A small file can unfold into more cells than any memory holds; there it meets a limit of memory and of time, and only
that process ends.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO

from node.importers.refused import FileRefused

_MEMORY = 1 << 30
_SECONDS = 60
_ROWS = 100_001  # one more than a table may have


def lines(raw: bytes) -> Sequence[Sequence[str]]:
    """The rows of the first sheet as texts, all of one length. Raises `FileRefused`."""
    command = [sys.executable, "-m", "node.importers.sheets"]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=_SECONDS, check=True)
        read: list[list[str]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise FileRefused("spreadsheet") from error
    return read


def _cell(value: object) -> str:
    """A cell as people would type it in a CSV file: no exponent, no `.0`, dates as ISO 8601."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _rows(raw: bytes) -> Iterator[list[str]]:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(BytesIO(raw)).get_sheet_by_index(0)
    kept = [list(map(_cell, row)) for row in sheet.to_python(skip_empty_area=False, nrows=_ROWS)]
    head = kept[0] if kept else []
    while head and not head[-1].strip():
        head.pop()
    for row in kept:
        yield row if any(row[len(head) :]) else row[: len(head)]


def _main() -> int:
    for what, limit in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (limit, limit))
    raw = sys.stdin.buffer.read()
    with suppress(BaseException):  # the library may panic, which is no Exception
        found = list(_rows(raw))
        sys.stdout.write(json.dumps(found))
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(_main())
