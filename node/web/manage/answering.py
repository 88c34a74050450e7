"""What the buttons of the network page do: each looks at what came, does one thing, and says whom it was about."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection

from federation import discovery
from node import deliveries, publish, relations, standing, wishes
from node.context import Node
from node.messages import text
from node.relations import Unreachable
from node.store import peers
from node.web.desk import Visit

_LEVELS = ("network", "aggregate-only")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done (the end of a key of the texts), whom it was about, and its name."""

    action: str
    who: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why nothing was done: the field that is wrong, a sentence, and what was written there."""

    field: str
    text: str
    written: str = ""


async def act(visit: Visit) -> Done | Problem:
    """Do what the button says; an unknown one changes nothing."""
    doing = _ACTS.get(visit.form.get("do", ""))
    if doing is None:
        return Problem("", text(visit.lang, "manage.network.unknown"))
    return await doing(visit, visit.form.get("who", "").strip()[:500])


def _why(found: Unreachable, lang: str) -> str:
    why = found.why(lang)
    return why[:1].upper() + why[1:] + "."


async def _named(node: Node, actor: str) -> str:
    def read() -> str:
        with node.store.read() as connection:
            return standing.others(connection, [actor])[actor].name

    return await asyncio.to_thread(read)


def _gone(visit: Visit, who: str) -> Problem:
    """The page was older than what it showed: somebody else did it already."""
    return Problem("", text(visit.lang, "manage.network.already"), who)


async def _approve(visit: Visit, who: str) -> Done | Problem:
    return await _answered(visit, who, relations.approve, "approved")


async def _reject(visit: Visit, who: str) -> Done | Problem:
    return await _answered(visit, who, relations.reject, "rejected")


async def _answered(
    visit: Visit, who: str, answer: Callable[[Node, str | None, str], Awaitable[str | None]], action: str
) -> Done | Problem:
    mine = await asyncio.to_thread(relations.all_followers, visit.node, visit.place)
    if who not in {row.follower for row in mine}:
        return _gone(visit, who)
    await answer(visit.node, visit.place, who)
    return Done(action, who, await _named(visit.node, who))


async def _follow(visit: Visit, who: str) -> Done | Problem:
    beside = await asyncio.to_thread(wishes.neighbour, visit.node, who)
    if beside is not None and beside[0] == visit.node.config.actor(visit.place):
        return Problem("q", text(visit.lang, "manage.network.yourself"), who)
    asked = await wishes.follow(visit.node, visit.place, who)
    if isinstance(asked, Unreachable):
        return Problem("q", _why(asked, visit.lang), who)
    if "welcome" in visit.form:
        await asyncio.to_thread(wishes.welcome, visit.node, visit.place, asked.target)
    return Done("followed" if asked.state == "accepted" else "asked", asked.target, asked.name)


async def _unfollow(visit: Visit, who: str) -> Done | Problem:
    name = await _named(visit.node, who)
    if not await asyncio.to_thread(wishes.unfollow, visit.node, visit.place, who):
        return _gone(visit, who)
    return Done("unfollowed", who, name)


async def _share(visit: Visit, who: str) -> Done | Problem:
    """Share, and send at once what stands published at that level."""
    node, level = visit.node, visit.form.get("level", "")
    target = visit.form.get("address", "").strip()[:500] or who
    if level not in _LEVELS or not target:
        return Problem("address", text(visit.lang, "manage.network.share.choose"), target)
    if await asyncio.to_thread(_is_here, node, target):
        return Problem("address", text(visit.lang, "manage.network.share.here"), target)
    found = await relations.share(node, visit.place, target, level)
    if isinstance(found, Unreachable):
        return Problem("address", _why(found, visit.lang), target)
    await relations.written(node, lambda connection: publish.send_to_new(connection, node, visit.place))
    return Done("shared", found, await _named(node, found))


def _is_here(node: Node, target: str) -> bool:
    """Whether a place, or the site itself, is on this node: what it would be given is here already."""
    address = relations.named_address(target, node.config.loopback_peers)
    handle = discovery.read_handle(address)
    host = handle.host if handle else urlsplit(address).netloc.lower()
    return host == node.config.authority.lower()


async def _revoke(visit: Visit, who: str) -> Done | Problem:
    if await relations.unshare(visit.node, visit.place, who) is None:
        return _gone(visit, who)
    return Done("revoked", who, await _named(visit.node, who))


async def _block(visit: Visit, who: str) -> Done | Problem:
    """Shut somebody out by its address, or a whole site by its name."""
    node = visit.node
    found = await asyncio.to_thread(_blockable, node, visit.form.get("address", "").strip()[:500] or who)
    if not found:
        return Problem("block", text(visit.lang, "manage.network.block.form"), visit.form.get("address", "")[:500])
    if await asyncio.to_thread(_is_here, node, found):
        return Problem("block", text(visit.lang, "manage.network.block.here"), found)
    name = await _named(node, found) if "/" in found else found
    await asyncio.to_thread(wishes.block, node, visit.place, found)
    return Done("blocked", found, name)


def _blockable(node: Node, written: str) -> str:
    """The actor, or the host, that is meant: one that we know by its handle, an address, or the name of a site."""
    handle = discovery.read_handle(written)
    if handle is not None:

        def known(connection: Connection) -> str:
            row = peers.by_name(connection, str(handle))
            return row.actor if row is not None else ""

        with node.store.read() as connection:
            return known(connection)
    address = relations.named_address(written, node.config.loopback_peers)
    parts = urlsplit(address) if address.startswith(("https://", "http://")) else None
    if parts is None or not parts.netloc:
        return ""
    is_site = "://" not in written or parts.path in ("", "/") or written.rstrip("/").count("/") < 3
    return parts.netloc.lower() if is_site else address


async def _unblock(visit: Visit, who: str) -> Done | Problem:
    if not await asyncio.to_thread(wishes.unblock, visit.node, visit.place, who):
        return _gone(visit, who)
    return Done("unblocked", who, await _named(visit.node, who) if "/" in who else who)


async def _retry(visit: Visit, _who: str) -> Done | Problem:
    number = visit.form.get("delivery", "")
    which = int(number) if number.isdecimal() and number.isascii() and len(number) < 16 else None
    if number and which is None:
        return _gone(visit, number)
    actor = visit.node.config.actor(visit.place)
    count = await asyncio.to_thread(deliveries.retry, visit.node, which, actor)
    return Done("retried", name=str(count)) if count else _gone(visit, number)


_ACTS: Mapping[str, Callable[[Visit, str], Awaitable[Done | Problem]]] = {
    "approve": _approve,
    "reject": _reject,
    "follow": _follow,
    "unfollow": _unfollow,
    "share": _share,
    "revoke": _revoke,
    "block": _block,
    "unblock": _unblock,
    "retry": _retry,
}
