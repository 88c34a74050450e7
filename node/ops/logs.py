"""What a running node says to its log, on stderr: lines for a person, or one JSON value a line for a collector.

Messages are written `what happened name=%s`; in JSON the names are members of their own. Nobody's address is logged.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_FIELD = re.compile(r"\b(\w+)=%[sdr]")
_HANDLER = "maillage"
_OWN = ("time", "level", "logger", "event", "exception")


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `event`, the fields of the message, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        said |= _event(record)
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def _event(record: logging.LogRecord) -> dict[str, Any]:
    names, given = _FIELD.findall(str(record.msg)), record.args
    if not names or not isinstance(given, tuple) or len(names) != len(given) or str(record.msg).count("%") > len(names):
        return {"event": record.getMessage()}
    pairs = zip(names, given, strict=True)
    fields = {name + "_" if name in _OWN else name: value for name, value in pairs}
    return {"event": " ".join(_FIELD.sub("", str(record.msg)).split())} | fields


def configure(form: str) -> None:
    """Have the log written as `log.format` says; again: instead of what was before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else plain)
    root = logging.getLogger()
    for before in [each for each in root.handlers if each.get_name() == _HANDLER]:
        root.removeHandler(before)
    root.addHandler(handler)
    logging.getLogger("maillage").setLevel(logging.INFO)
