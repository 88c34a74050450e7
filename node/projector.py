"""The projector as a process of its own: `python -m node.projector DIR`. It ends when its parent does."""

import os
import sys
import threading
import time
from pathlib import Path

from node.context import open_node
from node.ops import logs
from node.project import catch_up
from node.store.changes import Changes

_LOOK = 0.1


def main(directory: Path) -> None:
    """Fold what there is, then whatever is committed, until stdin closes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    node = open_node(directory)
    logs.configure(node.config.log_format)
    changes = Changes(node.store.path)
    while True:
        if changes.any():
            catch_up(node)
        time.sleep(_LOOK)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
