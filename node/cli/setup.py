"""`init`, `serve`, `rebuild`: a node's folder, its running, its views."""

import errno
import os
import socket
from argparse import Namespace
from pathlib import Path

from federation.keys import public_text
from node import config, paper
from node.cli.opening import opened
from node.cli.out import USAGE, Out, Stop
from node.ops.turn import serving
from node.store import own_keys
from node.store.engine import DATABASE


def init(args: Namespace, out: Out) -> int:
    """Make DIR with its configuration, database and keys; the recovery key is shown this once."""
    from node.cli.keys import show_paper
    from node.context import init_node

    secret = paper.made()
    public = public_text(paper.key_of(secret).public_key())
    node = init_node(args.dir, url=args.url, roles=tuple(dict.fromkeys(args.role)), name=args.name, recovery=public)
    with node.store.read() as connection:
        row = own_keys.recovery(connection, node.config.node_actor)
    roles, is_new = ", ".join(node.config.roles), row is not None and row.public == public
    said = {"dir": str(args.dir), "url": node.config.url, "roles": list(node.config.roles)}
    out.data(said | ({"recovery": " ".join(paper.lines(secret))} if is_new else {}))
    out.say("init.done", dir=args.dir, url=node.config.url, roles=roles)
    if is_new:
        show_paper(secret, out)
    out.say("init.forever", url=node.config.url)
    out.say("init.backup", dir=args.dir)
    out.next("init.next_site" if "site" in node.config.roles else "init.next_aggregator")
    return 0


def _bind(text: str, out: Out) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Stop(USAGE, [out.text("error.bind_form", bind=text)])
    return host.strip("[]"), int(port)


def _deaf(bind: str, error: OSError, out: Out) -> Stop:
    """Why nobody can be answered at this address, and what to do."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Stop(USAGE, [out.text("error.bind_elsewhere", bind=bind)])
    why = {errno.EADDRINUSE: "error.bind_taken", errno.EACCES: "error.bind_low"}.get(error.errno or 0, "error.bind")
    return Stop(USAGE, [out.text(why, bind=bind, detail=error.strerror or str(error))])


def serve(args: Namespace, out: Out) -> int:
    """Run the node until it is told to stop."""
    from node.app import serve as run

    if _is_empty(args.dir):
        with serving(args.dir):
            if not _first_run(args, out):
                return 0
    with opened(args, out) as node, serving(args.dir):
        bind = args.bind or node.config.bind
        host, port = _bind(bind, out)

        def ready() -> None:
            out.data({"url": node.config.url, "bind": bind})
            out.say("serve.ready", bind=bind, url=node.config.url)
            out.next("serve.next", url=node.config.url)

        try:
            run(node, host, port, ready=ready)
        except OSError as error:
            raise _deaf(bind, error, out) from error
        out.say("serve.stopped")
    return 0


def _is_empty(directory: Path) -> bool:
    """Whether a folder holds nothing yet, or what an interrupted first run left."""
    if (directory / config.FILE).exists():
        return False
    return not directory.exists() or not any(directory.iterdir()) or (directory / DATABASE).exists()


def _first_run(args: Namespace, out: Out) -> bool:
    """The screens of the first run; whether a node was made. What then serves it opens it anew."""
    from node.web import setup

    bind = args.bind or os.environ.get("MAILLAGE_HTTP__BIND") or config.DEFAULT_BIND
    host, port = _bind(bind, out)

    def ready(path: str) -> None:
        url, public = f"http://{bind}{path}?lang={out.lang}", os.environ.get("MAILLAGE_NODE__URL", "")
        out.data({"setup": url})
        out.say("setup.ready", url=url)
        if public:
            out.say("setup.public", url=f"{public}{path}?lang={out.lang}")
        out.next("setup.next", dir=args.dir)

    try:
        begun = setup.run(setup.Setup(args.dir, os.environ), host, port, ready)
    except OSError as error:
        raise _deaf(bind, error, out) from error
    if begun is None:
        out.say("setup.stopped")
        return False
    begun.opened.close()
    return True


def rebuild(args: Namespace, out: Out) -> int:
    """Drop every projection and fold them again from the journal."""
    from node.project import rebuild as again

    with opened(args, out) as node:
        count = again(node)
        out.data({"entries": count})
        out.say("rebuild.done", count=count)
        out.next("rebuild.next" if "aggregator" in node.config.roles else "rebuild.next_site")
    return 0
