"""`init`, `serve`, `rebuild`: a node's folder, its running, its views."""

from argparse import Namespace

from federation.keys import public_text
from node import paper
from node.cli.opening import opened
from node.cli.out import USAGE, Out, Stop
from node.store import own_keys


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


def serve(args: Namespace, out: Out) -> int:
    """Run the node until it is told to stop."""
    from node.app import serve as run

    with opened(args, out) as node:
        bind = args.bind or node.config.bind
        host, port = _bind(bind, out)

        def ready() -> None:
            out.data({"url": node.config.url, "bind": bind})
            out.say("serve.ready", bind=bind, url=node.config.url)
            out.next("serve.next", url=node.config.url)

        try:
            run(node, host, port, ready=ready)
        except OSError as error:
            raise Stop(USAGE, [out.text("error.bind", bind=bind, detail=error.strerror or str(error))]) from error
        out.say("serve.stopped")
    return 0


def rebuild(args: Namespace, out: Out) -> int:
    """Drop every projection and fold them again from the journal."""
    from node.project import rebuild as again

    with opened(args, out) as node:
        count = again(node)
        out.data({"entries": count})
        out.say("rebuild.done", count=count)
        out.next("rebuild.next" if "aggregator" in node.config.roles else "rebuild.next_site")
    return 0
