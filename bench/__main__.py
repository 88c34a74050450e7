"""`python -m bench [NAME …]`: one JSON line a measure; with names, only those whose module is named."""

import json
import os
import sys
import tempfile
from pathlib import Path

from bench import council, fanout, hosting, inbox, memory, readers, rollup

MODULES = {"inbox": inbox, "fanout": fanout, "council": council, "memory": memory, "readers": readers}
MODULES |= {"rollup": rollup, "hosting": hosting}


def main(names: list[str]) -> int:
    """Run the measures one after another, each in a folder of its own."""
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"{', '.join(unknown)}: {', '.join(MODULES)}", file=sys.stderr)
        return 2
    machine = {"measure": "machine", "cpus": os.cpu_count(), "python": sys.version.split()[0]}
    print(json.dumps(machine), flush=True)
    for name in names or list(MODULES):
        with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
            for line in MODULES[name].measure(Path(folder)):
                print(json.dumps(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
