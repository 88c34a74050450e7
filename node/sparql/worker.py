"""The process that runs queries: `python -m node.sparql.worker DATABASE MEMORY_MB [TURTLE…]`.

It holds the graph in memory and answers frames on its standard input. While a query runs it may open no file
and no socket (no free descriptor), use no more memory than told, and no more processor time than told; the
pool kills it when the clock says so.
"""

import ctypes
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from node.sparql.evaluate import Written, run
from node.sparql.frames import Question, Reply
from node.sparql.graph import Graph

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Linux only, and only a courtesy: elsewhere the closed standard input and the time limits end us."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bound_memory(megabytes: int) -> None:
    size = megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def _walled(seconds: float) -> Iterator[None]:
    """No new descriptor, so neither file nor socket, and a bounded processor time for what happens inside."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    processor = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, files[1]))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, processor[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, processor)
        resource.setrlimit(resource.RLIMIT_NOFILE, files)


def answer(graph: Graph, question: Question) -> Written | Reply:
    """One question: its answer, or why the engine would not give one."""
    names = {graph_name.value for graph_name in graph.store.named_graphs()} if question.graphs else set()
    for iri in question.graphs:
        if iri not in names:
            return Reply("refused", reason="unknown_graph", detail=iri)
    try:
        with _walled(question.seconds):
            return run(graph.store, question)
    except SyntaxError as error:
        return Reply("refused", reason="syntax", detail=str(error))
    except MemoryError:
        return Reply("refused", reason="memory")
    except OSError:
        return Reply("refused", reason="outside")
    except (ValueError, RuntimeError) as error:
        return Reply("refused", reason="engine", detail=str(error))


def main(arguments: list[str]) -> None:
    """Answer frames until the standard input ends."""
    _die_with_parent()
    _bound_memory(int(arguments[1]))
    out = sys.stdout.buffer
    graph = Graph(Path(arguments[0]), [Path(name) for name in arguments[2:]])
    graph.refresh()
    Reply("ready").write(out)
    for line in sys.stdin.buffer:
        question = Question.read(line)
        graph.refresh()
        Reply("fresh").write(out)
        answered = answer(graph, question)
        if isinstance(answered, Reply):
            answered.write(out)
        else:
            done = Reply("done", len(answered.body), answered.rows, answered.truncated)
            done.write(out, answered.body)


if __name__ == "__main__":
    main(sys.argv[1:])
