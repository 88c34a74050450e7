"""Hosts that this node no longer hears, or hears only: said at once, and without a restart.

Blocking a host ends what binds us to it: its followers and grants go, those of its actors that we follow are left,
and what waited to leave for it is parked. Lists are exchanged as Mastodon writes its domain blocks (CSV).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, union, update

from federation.policy import Policy, host_name
from node import relations
from node.context import Node
from node.store import host_rules, times
from node.store.host_rules import ALLOW, BLOCK
from node.store.schema import deliveries, followers, following, grants

COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
_SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class HostRule:
    """A host, what was decided of it (block or allow), when, and why."""

    host: str
    rule: str
    since: str
    comment: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of blocks did: hosts newly blocked, known already, and lines that were not taken, with the reason."""

    blocked: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[int, str, str], ...]


def block(node: Node, host: str, comment: str = "") -> bool:
    """Block a host (as `host_name` gives it) and end what binds us to it; False when it was blocked already."""
    return bool(node.store.write(lambda connection: _block(connection, node, {host: comment})))


def is_ours(node: Node, host: str) -> bool:
    """Whether blocking a host would block this node itself."""
    return Policy(block=frozenset({host})).judge(node.config.url) is not None


def heed_configuration(node: Node) -> None:
    """End what binds us to the hosts that the configuration blocks: it may have changed while the node was stopped."""
    if node.config.block:
        node.store.write(lambda connection: _part(connection, node, Policy(block=node.config.block)))


def _block(connection: Connection, node: Node, wanted: Mapping[str, str]) -> list[str]:
    """Block hosts, each with a comment; those that were not blocked before. Without a new comment the old one stays."""
    known = {row.host: row for row in host_rules.listed(connection, BLOCK)}
    now = times.text(node.clock())
    for host, comment in wanted.items():
        if host not in known or comment not in ("", known[host].comment):
            host_rules.put(connection, host, BLOCK, known[host].since if host in known else now, comment)
    _part(connection, node, Policy(block=frozenset(wanted)))
    return [host for host in wanted if host not in known]


def _part(connection: Connection, node: Node, policy: Policy) -> None:
    """End every relation with the hosts that a policy refuses, and park what waits for them."""
    for target in connection.execute(select(following.c.target).where(following.c.state != "ended")).scalars().all():
        if policy.judge(target) is not None:
            relations.leave(connection, node, target)
    theirs = union(select(followers.c.follower), select(grants.c.grantee))
    for actor in connection.execute(theirs).scalars().all():
        if policy.judge(actor) is not None:
            relations.drop(connection, actor)
    waiting = select(deliveries.c.inbox).where(deliveries.c.state == "queued").distinct()
    for inbox in connection.execute(waiting).scalars().all():
        if policy.judge(inbox) is not None:
            queued = update(deliveries).where(deliveries.c.state == "queued", deliveries.c.inbox == inbox)
            connection.execute(queued.values(state="parked", reason="blocked"))


@dataclass(frozen=True, slots=True)
class Allowed:
    """`outcome`: lifted (it was blocked), listed, or known; `blocked_by`: hosts whose block still holds for it."""

    outcome: str
    blocked_by: tuple[str, ...]


def allow(node: Node, host: str, comment: str = "") -> Allowed:
    """Lift the block of a host; put it on the list of those allowed, unless lifting is all that it needed."""

    def act(connection: Connection) -> Allowed:
        outcome = "lifted" if host_rules.drop(connection, host, BLOCK) else "known"
        listed = {row.host for row in host_rules.listed(connection, ALLOW)}
        if host not in listed and (outcome == "known" or node.config.hears_listed_only()):
            host_rules.put(connection, host, ALLOW, times.text(node.clock()), comment)
            outcome = "listed" if outcome == "known" else outcome
        blocked = {row.host for row in host_rules.listed(connection, BLOCK)} | node.config.block
        return Allowed(outcome, Policy(block=frozenset(blocked)).blocks(host))

    return node.store.write(act)


def remove(node: Node, host: str, rule: str) -> bool:
    """Forget what was decided of a host; False when nothing was."""
    return node.store.write(lambda connection: host_rules.drop(connection, host, rule))


def listed(node: Node, rule: str) -> list[HostRule]:
    """The hosts of one rule, those of the configuration without a date."""
    with node.store.read() as connection:
        rows = [HostRule(row.host, row.rule, row.since, row.comment) for row in host_rules.listed(connection, rule)]
    configured = node.config.block if rule == BLOCK else node.config.allow
    return [HostRule(host, rule, "", "config.toml") for host in sorted(configured)] + rows


def export(rules: Iterable[HostRule]) -> str:
    """The blocks as Mastodon exports them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["#" + name for name in COLUMNS])
    for each in rules:
        writer.writerow([each.host, _SUSPEND, "true", "true", each.comment, "false"])
    return out.getvalue()


def import_blocks(node: Node, text: str) -> Imported:
    """Block every host that a file suspends, in one transaction; a file without a header is one host a line.

    Raises `csv.Error` for what is no CSV.
    """
    wanted, refused = dict[str, str](), list[tuple[int, str, str]]()
    for number, host, severity, comment in _rows(text):
        name = host_name(host)
        reason = "host" if name is None else "severity" if severity not in ("", _SUSPEND) else ""
        if name is None or reason or is_ours(node, name):
            refused.append((number, host[:200], reason or "own"))
        else:
            wanted.setdefault(name, comment[:500])
    blocked = node.store.write(lambda connection: _block(connection, node, wanted))
    return Imported(tuple(blocked), tuple(host for host in wanted if host not in blocked), tuple(refused))


def _rows(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Line number, domain, severity and public comment of each line."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    head = [name.strip().lstrip("#").lower() for name in lines[0]] if lines else []
    names = head if "domain" in head else ["domain"]
    for number, line in enumerate(lines, 1):
        if (number == 1 and names is head) or not any(cell.strip() for cell in line):
            continue
        row = dict(zip(names, (cell.strip() for cell in line), strict=False))
        yield number, row.get("domain", ""), row.get("severity", "").lower(), row.get("public_comment", "")
