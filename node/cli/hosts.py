"""`block`, `allow`, `peers`: whom this node hears, and whom it knows."""

import csv
from argparse import Namespace
from pathlib import Path

from federation.policy import host_name
from node import hosts
from node.cli import files
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, REFUSED, Out, Stop
from node.context import Node
from node.peering import PeerState, list_peers
from node.store.host_rules import ALLOW, BLOCK
from vocab.errors import visible


def _host(args: Namespace, out: Out) -> str:
    name = host_name(args.host)
    if name is None:
        raise Stop(REFUSED, [out.text("error.host", host=args.host)])
    return name


def block(args: Namespace, out: Out) -> int:
    """Block a host, lift a block, list them, or exchange the list as Mastodon writes it."""
    with opened(args, out) as node:
        if args.import_file:
            return _import(node, args, out)
        if args.export_file:
            return _export(node, args, out)
        if args.host is None:
            return _list(node, BLOCK, out)
        host = _host(args, out)
        if args.remove:
            return _remove(node, host, BLOCK, out)
        if hosts.is_ours(node, host):
            raise Stop(REFUSED, [out.text("error.host_own", host=host)])
        new = hosts.block(node, host, args.comment)
        out.data({"host": host, "rule": BLOCK, "new": new})
        out.say("block.done" if new else "block.known", host=host)
        out.next("block.next", host=host)
    return 0


def allow(args: Namespace, out: Out) -> int:
    """Lift the block of a host; else put it on the list of the hosts allowed."""
    with opened(args, out) as node:
        if args.host is None:
            return _list(node, ALLOW, out)
        host = _host(args, out)
        if args.remove:
            return _remove(node, host, ALLOW, out)
        done, restricts = hosts.allow(node, host, args.comment), node.config.hears_listed_only()
        about = {"host": host, "rule": ALLOW, "outcome": done.outcome, "blocked_by": list(done.blocked_by)}
        out.data(about | {"allow_list": restricts})
        out.say("allow." + done.outcome, host=host)
        if done.outcome != "lifted" or restricts:
            out.say("allow.on" if restricts else "allow.off")
        for other in done.blocked_by:
            out.say("allow.still_configured" if other in node.config.block else "allow.still", host=host, other=other)
        out.next("allow.next")
    return 0


def _remove(node: Node, host: str, rule: str, out: Out) -> int:
    if not hosts.remove(node, host, rule):
        raise Stop(NOT_FOUND, [out.text("error.no_host_rule", host=host)])
    out.data({"host": host, "rule": rule, "removed": True})
    out.say("hosts.removed", host=host)
    out.next("hosts.next")
    return 0


def _list(node: Node, rule: str, out: Out) -> int:
    rules = hosts.listed(node, rule)
    out.data([{"host": r.host, "rule": r.rule, "since": r.since, "comment": r.comment} for r in rules])
    if rules:
        out.table([out.text("hosts.head_" + key) for key in ("host", "since", "comment")], _rows(rules))
    else:
        out.say(f"{rule}.none")
    out.next("hosts.next")
    return 0


def _rows(rules: list[hosts.HostRule]) -> list[list[str]]:
    return [[r.host, r.since[:10], visible(r.comment)] for r in rules]


def _import(node: Node, args: Namespace, out: Out) -> int:
    try:
        done = hosts.import_blocks(node, files.utf8(args.import_file, out))
    except csv.Error as error:
        raise Stop(REFUSED, [out.text("error.csv", file=args.import_file, detail=error)]) from None
    refused = [{"line": line, "host": host, "reason": reason} for line, host, reason in done.refused]
    out.data({"blocked": list(done.blocked), "known": list(done.known), "refused": refused})
    out.say("block.imported", count=len(done.blocked), known=len(done.known), refused=len(refused))
    for line, host, reason in done.refused:
        out.line("  - " + out.text("block.refused_" + reason, line=line, host=visible(host)))
    out.next("hosts.next")
    return 0


def _export(node: Node, args: Namespace, out: Out) -> int:
    rules = hosts.listed(node, BLOCK)
    Path(args.export_file).write_text(hosts.export(rules), encoding="utf-8")
    out.data({"file": args.export_file, "hosts": len(rules)})
    out.say("block.exported", count=len(rules), file=args.export_file)
    out.next("hosts.next")
    return 0


def peers(args: Namespace, out: Out) -> int:
    """The actors of other nodes that this one knows, and how things stand with each."""
    with opened(args, out) as node:
        found = list_peers(node)
        out.data([_data(peer) for peer in found])
        if found:
            keys = ("who", "followed", "follows_us", "received", "waiting", "parked", "note")
            out.table([out.text("peers.head_" + key) for key in keys], [_row(peer, out) for peer in found])
        else:
            out.say("peers.none")
        out.next("peers.next")
    return 0


def _data(peer: PeerState) -> dict[str, object]:
    return {name: getattr(peer, name) for name in PeerState.__dataclass_fields__}


def _row(peer: PeerState, out: Out) -> list[str]:
    absent = "gone" if peer.gone else "missing"
    notes = [n for n in ("vanished", "behind", "blocked", absent, "moved", "implements") if getattr(peer, n)]
    theirs = ", ".join(out.text("followers.state." + state) for state in peer.follows_us)
    ours = out.text("following.state." + peer.followed) if peer.followed else ""
    shown = ", ".join(out.text("peers.note." + name, count=peer.vanished) for name in notes)
    count = [str(number or "") for number in (peer.waiting, peer.parked)]
    return [peer.handle or peer.actor, ours, theirs, peer.received[:16].replace("T", " "), *count, shown]
