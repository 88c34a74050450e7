"""Opening the node of DIR for one command, and asking for the role it needs."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from node.cli.out import USAGE, Out, Stop
from node.context import Node, open_node


@contextmanager
def opened(args: Namespace, out: Out, role: str = "") -> Iterator[Node]:
    """The node of DIR, closed at the end; `role` is refused with exit 2 where the node has not got it."""
    node = open_node(args.dir)
    try:
        if role and role not in node.config.roles:
            key = "error.role" if role == "aggregator" else "error.role_site"
            raise Stop(USAGE, [out.text(key, roles=", ".join(node.config.roles))])
        yield node
    finally:
        node.close()
