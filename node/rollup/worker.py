"""The process that runs the questions: `python -m node.rollup.worker FOLDER MEMORY_MB`.

It holds DuckDB, which may read the Parquet of that folder and nothing else, and answers one JSON line with one JSON
line. The one who asks kills it when the clock says so; it ends with its parent.
"""

import ctypes
import re
import select
import signal
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import ibis
import orjson
from ibis.backends.sql.compilers import DuckDBCompiler

from node.rollup import expressions
from node.rollup.engine import can_say
from vocab.indicators import questions
from vocab.reference import indicator, indicators

_PR_SET_PDEATHSIG = 1
_COMPILER = DuckDBCompiler()
_MARK = re.compile("@[a-z0-9]+@")
_UNITS = "units"
_MOST_HELD = 24  # files: eight years


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
def _templates(wanted: expressions.Shape, count: int) -> tuple[str, str, str, str]:
    """The SQL of the units, of their areas and groups, and of the withheld counts, compiled once a shape."""
    places, answers, withheld = expressions.tables()
    units = expressions.judged(places, answers, wanted)
    found = ibis.table(units.schema(), name=_UNITS)
    asked = (
        units,
        expressions.areas(found),
        expressions.groups(found, wanted),
        expressions.left_out(places, withheld, count),
    )
    units_, areas, groups, left_out = (_COMPILER.to_sqlglot(each).sql(dialect="duckdb") for each in asked)
    return f"CREATE OR REPLACE TEMP TABLE {_UNITS} AS {units_}", areas, groups, left_out


def statements(name: str) -> tuple[str, ...]:
    """The SQL of one indicator. Its names come from the vocabulary, where they are letters and digits."""
    wanted, roles = expressions.shape(indicator(name))
    named = {f"@{role}@": each for role, each in roles.items()}
    named |= {f"@{at}@": each for at, each in enumerate(questions(name))}
    return tuple(_MARK.sub(lambda mark: named[mark[0]], each) for each in _templates(wanted, len(questions(name))))


@cache
def _answered(by_operator: bool, count: int) -> str:
    places, answers, _ = expressions.tables()
    asked = expressions.answered(places, answers, by_operator, count)
    return str(_COMPILER.to_sqlglot(asked).sql(dialect="duckdb"))


class Held:
    """The files that were read lately, as tables in memory; the oldest is let go."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine
        self._tables: OrderedDict[str, str] = OrderedDict()
        self._made = 0

    def table(self, path: str) -> str:
        """The name of the table of a file, read now if it is not held."""
        if path not in self._tables:
            self._made += 1
            name = f"held{self._made}"
            order = "ORDER BY indicator, place" if path.endswith(("answers.parquet", "withheld.parquet")) else ""
            self._engine.execute(f"CREATE TABLE {name} AS FROM read_parquet('{path}') {order}")
            self._tables[path] = name
            while len(self._tables) > _MOST_HELD:
                self._engine.execute(f"DROP TABLE {self._tables.popitem(last=False)[1]}")
        self._tables.move_to_end(path)
        return self._tables[path]


def answer(engine: duckdb.DuckDBPyConnection, held: Held, question: dict[str, Any]) -> dict[str, Any]:
    """The rows of one question over the files of one year: its sums and counts, or all answers to the parts that are
    named; decimals as strings."""
    area = f', "by_{question["by"]}" AS area'
    for kind, path in question["files"].items():
        view = f"SELECT *{area if kind == 'places' else ''} FROM {held.table(path)}"  # noqa: S608 - names of ours
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {kind} AS {view}")
    if "names" in question:
        named = {f"@{at}@": each for at, each in enumerate(question["names"])}
        asked = _answered(indicator(question["indicator"]).asked_of == "operator", len(named))
        return {"answers": _rows(engine, _MARK.sub(lambda mark: named[mark[0]], asked))}
    units, *others = statements(question["indicator"])
    engine.execute(units)
    return {kind: _rows(engine, sql) for kind, sql in zip(("areas", "groups", "withheld"), others, strict=True)}


def _rows(engine: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    found = engine.execute(sql)
    return {"names": [column[0] for column in found.description or ()], "rows": found.fetchall()}


def _questions() -> Iterator[bytes]:
    """The lines of the standard input; while none is there, what will be asked is compiled."""
    later = [(expressions.shape(rule)[0], len(questions(rule.id))) for rule in indicators().values() if can_say(rule)]
    later = list(dict.fromkeys(later))
    while True:
        while later and not select.select([sys.stdin.buffer], [], [], 0)[0]:
            _templates(*later.pop())
        line = sys.stdin.buffer.readline()
        if not line:
            return
        yield line


def main(arguments: list[str]) -> None:
    """Answer lines until the standard input ends."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    engine = opened(Path(arguments[0]), int(arguments[1]))
    held = Held(engine)
    sys.stdout.buffer.write(b"{}\n")
    sys.stdout.buffer.flush()
    for line in _questions():
        try:
            said = answer(engine, held, orjson.loads(line))
        except (duckdb.Error, KeyError, ValueError) as error:
            said = {"error": f"{type(error).__name__}: {error}"[:500]}
        sys.stdout.buffer.write(orjson.dumps(said, default=str, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
