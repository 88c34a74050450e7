"""One command from its words to its exit code: 0 done, 1 refused, 2 usage or role, 3 remote refused, 4 not found."""

import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from node.cli.out import Out, Stop, shown
from node.cli.parser import Command, build, spelt_out
from node.messages import LANGUAGES, language, text


def _wanted_language(argv: Sequence[str]) -> str:
    """--lang is looked for before parsing, so that a usage error already speaks it."""
    for here, after in zip(argv, [*argv[1:], ""], strict=True):
        given = here.removeprefix("--lang=") if here.startswith("--lang=") else after if here == "--lang" else ""
        if given in LANGUAGES:
            return given
    return language()


def _directory(args: Namespace) -> Path:
    return Path(args.dir or os.environ.get("MAILLAGE_DIR") or "state")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang = _wanted_language(words)
    try:
        args = build(lang).parse_args(spelt_out(words))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    args.dir = _directory(args)
    return call(args.command, args, Out(lang, args.json))


def call(command: Command, args: Namespace, out: Out) -> int:
    """Import the handler and run it; what it refuses is said in the reader's language, never as a trace."""
    from node.cli.problems import stopped

    module, _, name = command.handler.partition(":")
    try:
        code = getattr(importlib.import_module(module), name)(args, out)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        stop = stopped(error, out)
        if stop is None:
            raise
        return _tell(stop, out)
    return int(code or 0)


def _tell(stop: Stop, out: Out) -> int:
    out.data({"error": stop.code, "messages": list(stop.lines)})
    for line in stop.lines:
        print(shown(line), file=sys.stderr)
    print("→ " + text(out.lang, f"next.error.{stop.code}"), file=sys.stderr)
    return stop.code
