"""One of the fuzzers, led by coverage: `pip install atheris`, then

    python -m tests.fuzz.guided tests.fuzz.test_json:test_both_readers_read_the_same -max_total_time=300

A developer's tool; nothing needs it. What it finds becomes an `@example` of that test.
"""

import importlib
import sys


def main() -> None:
    import atheris

    module, _, name = sys.argv.pop(1).partition(":")
    with atheris.instrument_imports(include=["federation", "vocab", "node"]):
        test = getattr(importlib.import_module(module), name)
    atheris.Setup(sys.argv, atheris.instrument_func(test.hypothesis.fuzz_one_input))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
