"""`maillage` and `python -m node`: hands the words of the command line to `node.cli`."""

import sys

from node.cli.run import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
