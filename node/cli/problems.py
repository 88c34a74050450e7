"""What stopped a command, as an exit code and lines in the reader's language; unknown errors are left to be seen."""

import sqlite3

from sqlalchemy.exc import OperationalError

from node.cli.out import NOT_FOUND, REFUSED, Out, Stop
from node.errors import NodeError, NoNode


def stopped(error: Exception, out: Out) -> Stop | None:
    """The stop of a known error; None for one that nobody foresaw."""
    if isinstance(error, Stop):
        return error
    if isinstance(error, NoNode):
        return Stop(NOT_FOUND, list(error.lines(out.lang)))
    if isinstance(error, NodeError):
        return Stop(error.exit, list(error.lines(out.lang)))
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        cause = error.orig if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.Error) else error
        busy = "locked" in str(cause) or "busy" in str(cause)
        return Stop(REFUSED, [out.text("error.busy") if busy else out.text("error.disk", detail=cause)])
    if isinstance(error, FileNotFoundError) and error.filename:
        return Stop(REFUSED, [out.text("error.path_missing", path=error.filename)])
    if isinstance(error, OSError):
        return Stop(REFUSED, [out.text("error.disk", detail=error.strerror or error)])
    return None
