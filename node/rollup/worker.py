"""The process that runs the questions: `python -m node.rollup.worker FOLDER MEMORY_MB`.

It holds DuckDB, which may read the Parquet of that folder and nothing else, and answers one JSON line with one JSON
line. The one who asks kills it when the clock says so; it ends with its parent.
"""

import ctypes
import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from ibis.backends.sql.compilers import DuckDBCompiler

from node.rollup import expressions
from vocab.indicators import questions
from vocab.reference import indicator

_PR_SET_PDEATHSIG = 1
_COMPILER = DuckDBCompiler()
_MARK = re.compile("@[a-z0-9]+@")


def opened(folder: Path, memory: int) -> duckdb.DuckDBPyConnection:
    """An engine that reads the files of one folder and can be told nothing else."""
    engine = duckdb.connect(":memory:")
    engine.execute(f"SET memory_limit = '{memory}MB'")
    engine.execute("SET threads = 2")
    engine.execute("SET autoinstall_known_extensions = false")
    engine.execute("SET autoload_known_extensions = false")
    engine.execute(f"SET allowed_directories = ['{folder}']")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


@cache
def _templates(wanted: expressions.Shape, count: int) -> tuple[str, str, str]:
    """The SQL of the areas, the groups and the withheld counts, compiled once a shape."""
    places, answers, withheld = expressions.tables()
    asked = (
        expressions.areas(places, answers, wanted),
        expressions.groups(places, answers, wanted),
        expressions.left_out(places, withheld, count),
    )
    areas, groups, left_out = (_COMPILER.to_sqlglot(each).sql(dialect="duckdb") for each in asked)
    return areas, groups, left_out


def statements(name: str) -> tuple[str, ...]:
    """The SQL of one indicator. Its names come from the vocabulary, where they are letters and digits."""
    wanted, roles = expressions.shape(indicator(name))
    named = {f"@{role}@": each for role, each in roles.items()}
    named |= {f"@{at}@": each for at, each in enumerate(questions(name))}
    return tuple(_MARK.sub(lambda mark: named[mark[0]], each) for each in _templates(wanted, len(questions(name))))


def answer(engine: duckdb.DuckDBPyConnection, question: dict[str, Any]) -> dict[str, Any]:
    """The rows of one question over the files of one year; decimals as strings."""
    area = f', "by_{question["by"]}" AS area'
    for kind, path in question["files"].items():
        columns = f"*{area if kind == 'places' else ''}"
        view = f"SELECT {columns} FROM read_parquet('{path}')"  # noqa: S608 - names of ours
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {kind} AS {view}")
    compiled = statements(question["indicator"])
    return {kind: list(_rows(engine, sql)) for kind, sql in zip(("areas", "groups", "withheld"), compiled, strict=True)}


def _rows(engine: duckdb.DuckDBPyConnection, sql: str) -> Iterator[dict[str, Any]]:
    found = engine.execute(sql)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        yield dict(zip(names, row, strict=True))


def main(arguments: list[str]) -> None:
    """Answer lines until the standard input ends."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    engine = opened(Path(arguments[0]), int(arguments[1]))
    for line in sys.stdin.buffer:
        try:
            said = answer(engine, json.loads(line))
        except (duckdb.Error, KeyError, ValueError) as error:
            said = {"error": f"{type(error).__name__}: {error}"[:500]}
        sys.stdout.write(json.dumps(said, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
