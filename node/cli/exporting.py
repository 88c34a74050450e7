"""`export`: the places of the directory and their public figures, as one file in a format of others."""

from argparse import Namespace
from pathlib import Path

from node.cli.opening import opened
from node.cli.out import Out


def export(args: Namespace, out: Out) -> int:
    """Write the file; what is not public is in none."""
    from node.exports.entries import entries
    from node.exports.formats import FORMATS
    from node.project import catch_up

    with opened(args, out) as node:
        catch_up(node)
        found = entries(node)
        path = Path(args.path)
        path.write_bytes(FORMATS[args.format](found, node.config.license))
        figures = sum(len(entry.figures) for entry in found)
        out.data({"path": str(path), "format": args.format, "places": len(found), "figures": figures})
        out.say("export.done", path=path, places=len(found), figures=figures)
        out.next("export.next", path=path)
    return 0
