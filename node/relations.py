"""Who hears whom: asking to follow, answering, granting what is not public, and what others ask of us.

Asking resolves and verifies the other actor first, then writes one transaction, on a thread: whatever event loop asks,
it waits for no lock. The `on_…` functions are effects of verified activities, called inside the transaction that takes
them; they return False when nothing changed.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, Update, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from federation import discovery
from federation.activity import id_of, is_iri, origin
from federation.actor import IMPLEMENTS
from federation.discovery import Resolved
from federation.errors import Refused
from federation.inbox import Verified
from node import audience, lookup
from node.context import Node
from node.messages import text
from node.outgoing import Letter, post, send_again
from node.store import documents, journal, peers, times
from node.store.people import followed_for, place_blocks
from node.store.schema import actors, deliveries, followers, following, grants
from node.store.schema import journal as said
from node.store.schema import peers as peer_rows

NODE = "actor"
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}(?::[0-9]{1,5})?", re.IGNORECASE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Another actor that could not be found or verified, and why."""

    target: str
    refused: Refused

    def text(self, lang: str) -> str:
        """One line for who runs the node: with the code."""
        why = self.why(lang)
        return text(lang, "relation.unreachable", target=self.target, reason=why, code=self.refused.reason)

    def why(self, lang: str) -> str:
        """The reason alone, in the words of everybody."""
        return text(lang, "relation.reason." + _spoken(self.refused.reason))


@dataclass(frozen=True, slots=True)
class Asked:
    """A Follow that waits to leave."""

    target: str
    name: str
    state: str
    again: bool


@dataclass(frozen=True, slots=True)
class FollowerRow:
    """One who follows, or asks to follow, a place of ours."""

    slug: str
    follower: str
    state: str
    since: str
    handle: str = ""


_SPOKEN = ("forbidden_address", "not_found", "gone", "webfinger", "handle", "too_long", "blocked", "actor_document_id")


def _spoken(reason: str) -> str:
    return reason if reason in _SPOKEN else "unreachable"


async def resolve(node: Node, target: str) -> Resolved | Unreachable:
    """The actor of a handle, of an address, or of the home page of a site, through the guarded client."""
    async with lookup.opened(node) as look:
        address = named_address(target, node.config.loopback_peers)
        found = await discovery.resolve(address, look.transport, look.fetcher, node.config.loopback_peers)
    return Unreachable(target, found) if isinstance(found, Refused) else found


def named_address(written: str, loopback_peers: frozenset[str] = frozenset()) -> str:
    """What a person pastes, as the address of an actor: `reseau.fr` and `https://reseau.fr/` name the site's own; the
    language of a page is no part of its address."""
    said = written.strip()
    if _DOMAIN.fullmatch(said) and discovery.read_handle(said) is None:
        said = f"{'http' if said in loopback_peers else 'https'}://{said}"
    if not said.startswith(("https://", "http://")):
        return said
    address, _, asked = said.partition("#")[0].partition("?")
    if (asked and not asked.startswith("lang=")) or not is_iri(address):
        return said
    parts = urlsplit(address)
    return address.rstrip("/") + "/actor" if parts.path in ("", "/") else address


async def written(node: Node, act: Callable[[Connection], T]) -> T:
    """Off the event loop: a group that is under way needs it to give the lock back."""
    return await asyncio.to_thread(node.store.write, act)


async def follow(node: Node, target: str, slug: str = NODE) -> Asked | Unreachable:
    """Ask, as the node actor, to follow the actor of a handle or URL, for the node itself or for one of its places;
    repeating it sends the request again."""
    found = await resolve(node, target)
    if isinstance(found, Unreachable):
        return found
    return await written(node, lambda connection: ask(connection, node, found, (node.config.actor(slug),)))


def wanted_by(connection: Connection, target: str) -> tuple[str, ...]:
    """For whom of ours an actor is followed."""
    return tuple(connection.execute(select(followed_for.c.actor).where(followed_for.c.target == target)).scalars())


def ask(connection: Connection, node: Node, found: Resolved, wanting: Sequence[str] = ()) -> Asked:
    """The same, inside the caller's transaction, of an actor just read; `wanting`: those of ours; else the node."""
    now, me, target = node.clock(), node.config.node_actor, found.actor.id
    rows = [{"actor": actor, "target": target, "since": times.text(now)} for actor in wanting or (me,)]
    joined = sum(connection.execute(upsert(followed_for).values(row).on_conflict_do_nothing()).rowcount for row in rows)
    peers.remember(connection, found.actor, found.document, now, found.handle)
    peers.moved(connection, target, None)  # whoever is asked anew is heard where it is asked
    key = (following.c.actor == me) & (following.c.target == target)
    before = connection.execute(select(following).where(key)).one_or_none()
    places = _asking(connection, found, me)
    if before is not None and before.state == "accepted" and joined and not places:
        return Asked(target, found.actor.name or target, "accepted", again=True)
    letter = Letter("Follow", target, target, "Follow", more={"instrument": places} if places else {})
    sent = post(connection, node, NODE, letter, audience.one(connection, target))
    state = "accepted" if before is not None and before.state == "accepted" else "requested"
    row = {"actor": me, "target": target, "state": state, "follow": sent.activity, "since": times.text(now)}
    if before is None:
        connection.execute(insert(following).values(row))
    else:
        again = {"harvested": None} if state == "requested" else {}  # what it published meanwhile is read
        connection.execute(update(following).where(key).values(state=state, follow=sent.activity, **again))
    return Asked(target, found.actor.name or target, state, before is not None and before.state != "ended")


def _asking(connection: Connection, found: Resolved, me: str) -> list[str]:
    """The places of ours that ask a network, by following it, to be part of it; nobody else is told who reads it."""
    is_network = found.actor.type == "Application" and IMPLEMENTS in found.actor.implements
    return sorted(set(wanted_by(connection, found.actor.id)) - {me}) if is_network else []


def _follow_object(follow_id: str, actor: str, target: str) -> dict[str, str]:
    return {"id": follow_id, "type": "Follow", "actor": actor, "object": target}


async def unfollow(node: Node, target: str) -> str | None:
    """End a relation of the node actor; the IRI left, None when it was not followed."""
    return await written(node, lambda connection: leave(connection, node, target))


def leave(connection: Connection, node: Node, target: str) -> str | None:
    """The same, inside the caller's transaction: an Undo is queued, the fold forgets what the actor said, and no place
    of ours hears it any more."""
    me = node.config.node_actor
    known = peers.by_name(connection, target)
    iri = known.actor if known is not None else target
    key = (following.c.actor == me) & (following.c.target == iri) & (following.c.state != "ended")
    row = connection.execute(select(following).where(key)).one_or_none()
    if row is None:
        return None
    letter = Letter("Undo", _follow_object(row.follow, me, iri), row.follow, "Follow")
    post(connection, node, NODE, letter, audience.one(connection, iri))
    connection.execute(update(following).where(key).values(state="ended"))
    connection.execute(delete(followed_for).where(followed_for.c.target == iri))
    return str(iri)


def followers_of(connection: Connection, slug: str | None) -> list[FollowerRow]:
    """Who follows the places of this node, those that wait first."""
    query = (
        select(actors.c.slug, followers, peer_rows.c.handle)
        .join(actors, actors.c.id == followers.c.actor)
        .outerjoin(peer_rows, peer_rows.c.actor == followers.c.follower)
        .where(actors.c.deleted.is_(None))
        .order_by(followers.c.state.desc(), actors.c.slug, followers.c.follower)
    )
    query = query if slug is None else query.where(actors.c.slug == slug)
    rows = connection.execute(query).all()
    return [FollowerRow(row.slug, row.follower, row.state, row.since, row.handle or "") for row in rows]


def all_followers(node: Node, slug: str | None = None) -> list[FollowerRow]:
    """The same, over the node's store."""
    with node.store.read() as connection:
        return followers_of(connection, slug)


def _named(connection: Connection, name: str) -> str:
    """The IRI of a handle that we know; the name itself otherwise."""
    known = peers.by_name(connection, name)
    return str(known.actor) if known is not None else name


async def approve(node: Node, slug: str | None, who: str) -> str | None:
    """Accept a request to follow; the follower's IRI, None when there is no such request."""
    return await _answer(node, slug, who, "accepted")


async def reject(node: Node, slug: str | None, who: str) -> str | None:
    """Reject a request, or end an accepted one."""
    return await _answer(node, slug, who, "rejected")


async def _answer(node: Node, slug: str | None, who: str, state: str) -> str | None:
    rows = all_followers(node, slug)
    iris = {row.follower for row in rows}
    iri = who if who in iris else await written(node, lambda connection: _named(connection, who))
    if iri not in iris:
        found = await resolve(node, who)
        iri = "" if isinstance(found, Unreachable) else found.actor.id
    mine = [row for row in rows if row.follower == iri]
    if not mine:
        return None

    def act(connection: Connection) -> str:
        for row in mine:
            settle(connection, node, row.slug, iri, state)
        return iri

    return await written(node, act)


def settle(connection: Connection, node: Node, slug: str, follower: str, state: str) -> None:
    """Answer a Follow; one who is accepted is sent what is public now."""
    actor = node.config.actor(slug)
    key = (followers.c.actor == actor) & (followers.c.follower == follower)
    row = connection.execute(select(followers).where(key)).one()
    connection.execute(update(followers).where(key).values(state=state))
    kind = "Accept" if state == "accepted" else "Reject"
    letter = Letter(kind, _follow_object(row.follow, follower, actor), row.follow, "Follow", verdict="effect")
    post(connection, node, slug, letter, audience.one(connection, follower))
    if state == "accepted":
        for document in documents.of_owner(connection, actor):
            if document.sharing == "public":
                send_again(connection, node, slug, document.id)


def drop(connection: Connection, actor: str) -> None:
    """Nothing binds an actor to ours any more: it follows no place, and is granted nothing."""
    connection.execute(delete(followers).where(followers.c.follower == actor))
    connection.execute(delete(grants).where(grants.c.grantee == actor))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a place lets one actor have: all that it shares with partners (network), or for totals (aggregate-only)."""

    grantee: str
    level: str
    since: str


def grants_of(node: Node, slug: str) -> list[Grant]:
    """With whom a place shares, by name of their address."""
    query = select(grants).where(grants.c.actor == node.config.actor(slug)).order_by(grants.c.grantee)
    with node.store.read() as connection:
        return [Grant(row.grantee, row.level, row.since) for row in connection.execute(query)]


async def share(node: Node, slug: str, who: str, level: str) -> str | Unreachable:
    """Grant one actor what a place shares at `level`; the IRI granted to. What is granted to a place of our software
    is granted to the site that reads for it: it is the one that asks, and that keeps."""
    found = await resolve(node, who)
    site = _site_of(found) if isinstance(found, Resolved) else ""
    if site:
        found = await resolve(node, site)
    if isinstance(found, Unreachable):
        return found

    def act(connection: Connection) -> str:
        now = node.clock()
        peers.remember(connection, found.actor, found.document, now, found.handle)
        actor = node.config.actor(slug)
        row = {"actor": actor, "grantee": found.actor.id, "level": level, "since": times.text(now)}
        statement = upsert(grants).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["actor", "grantee"], set_={"level": level}))
        return found.actor.id

    return await written(node, act)


def _site_of(found: Resolved) -> str:
    """The site that speaks for a place of our software; empty for a site, and for other software."""
    site = id_of(json.loads(found.document).get("generator")) if IMPLEMENTS in found.actor.implements else ""
    return site if is_iri(site) and origin(site) == origin(found.actor.id) else ""


async def unshare(node: Node, slug: str, who: str) -> str | None:
    """Withdraw a grant; the IRI it was withdrawn from, None when there was none."""

    def act(connection: Connection) -> str | None:
        iri = _named(connection, who)
        return iri if revoke(connection, node.config.actor(slug), iri) else None

    return await written(node, act)


def revoke(connection: Connection, actor: str, grantee: str) -> bool:
    """The same, inside the caller's transaction: what waited to leave for it, and is not public, never does."""
    key = (grants.c.actor == actor) & (grants.c.grantee == grantee)
    kept = select(said.c.seq).where(said.c.actor == actor, said.c.type.in_(("Create", "Update")))
    kept = kept.where(said.c.sharing.in_(("network", "aggregate-only")))
    waits = deliveries.c.state.in_(("queued", "parked")) & (deliveries.c.recipient == grantee)
    connection.execute(delete(deliveries).where(waits, deliveries.c.signer == actor, deliveries.c.seq.in_(kept)))
    return bool(connection.execute(delete(grants).where(key)).rowcount)


def _ours(connection: Connection, iri: str) -> Row[Any, Any, Any] | None:
    query = select(actors).where(actors.c.id == iri, actors.c.deleted.is_(None))
    row: Row[Any, Any, Any] | None = connection.execute(query).one_or_none()
    return row


def _is_named(connection: Connection, row: Row[Any, Any, Any], follower: str) -> bool:
    """Whether the place named this follower as one to accept at once, by IRI or by a handle at its own host."""
    known = peers.stored(connection, follower)
    names = {follower}
    if known is not None:
        name = json.loads(known.document).get("preferredUsername", "")
        names |= {f"@{name}@{known.host}", known.handle or ""}
        if urlsplit(follower).path == "/actor":
            home = follower.removesuffix("/actor")
            names |= {f"@{NODE}@{known.host}", f"@relay@{known.host}", home, home + "/", known.host}
    return bool(names & {written for each in json.loads(row.accept) for written in (each, _as_written(each))})


def _as_written(name: str) -> str:
    return name if name.startswith(("@", "http")) else "@" + name.removeprefix("acct:")


def _is_shut_out(connection: Connection, actor: str, follower: str) -> bool:
    names = (follower, urlsplit(follower).netloc.lower())
    query = select(place_blocks.c.blocked).where(place_blocks.c.actor == actor, place_blocks.c.blocked.in_(names))
    return connection.execute(query).first() is not None


def on_follow(connection: Connection, node: Node, verified: Verified) -> bool:
    """Somebody asks to follow one of ours: accepted if named or accepted before, else it waits for approval."""
    facts = verified.facts
    ours = _ours(connection, facts.object_id)
    if ours is None or journal.has_said(connection, facts.actor, "Undo", facts.id):  # the Undo came first
        return False
    if ours.moved or _is_shut_out(connection, ours.id, facts.actor):
        return False
    key = (followers.c.actor == ours.id) & (followers.c.follower == facts.actor)
    before = connection.execute(select(followers).where(key)).one_or_none()
    at_once = ours.slug == NODE or (before is not None and before.state == "accepted")
    at_once = at_once or _is_named(connection, ours, facts.actor)
    now = times.text(node.clock())
    row = {"actor": ours.id, "follower": facts.actor, "state": "pending", "follow": facts.id, "since": now}
    statement = upsert(followers).values(row)
    changed = {"follow": facts.id} | ({} if before is None or before.state != "rejected" else {"state": "pending"})
    connection.execute(statement.on_conflict_do_update(index_elements=["actor", "follower"], set_=changed))
    if at_once:
        settle(connection, node, ours.slug, facts.actor, "accepted")
    return True


def on_follow_again(connection: Connection, node: Node, verified: Verified) -> None:
    """The very request that made a relation comes again: our answer was lost, so it is given again."""
    facts = verified.facts
    ours = _ours(connection, facts.object_id)
    stands = select(followers).where(followers.c.follow == facts.id, followers.c.state == "accepted")
    stands = stands.where(followers.c.follower == facts.actor, followers.c.actor == facts.object_id)
    if ours is not None and connection.execute(stands).first() is not None:
        settle(connection, node, ours.slug, facts.actor, "accepted")


def _answered(connection: Connection, verified: Verified, unnamed: str) -> Row[Any] | None:
    """Our relation with the one who answers, if what it answers is a Follow that we sent it and did not take back.

    It is named by its id, be it an earlier one: some servers remember the first. In the state `unnamed`, who followed
    whom will do, under an id that we never gave: so does Misskey name the follower that it removes.
    """
    facts = verified.facts
    row = connection.execute(select(following).where(following.c.target == facts.actor)).one_or_none()
    if row is None or row.follow == facts.object_id:
        return row
    query = select(said.c.type, said.c.object, said.c.seq)
    query = query.where(said.c.actor == row.actor, said.c.activity == facts.object_id)
    sent = connection.execute(query).one_or_none()
    if sent is None:
        follow = facts.object if facts.object is not None and "Follow" in facts.object_types else {}
        pair = id_of(follow.get("actor")), id_of(follow.get("object"))
        return row if row.state == unnamed and pair == (row.actor, facts.actor) else None
    left = select(said.c.seq).where(said.c.actor == row.actor, said.c.type == "Undo", said.c.audience == facts.actor)
    is_left = connection.execute(left.where(said.c.seq > sent.seq).limit(1)).first() is not None
    return row if (sent.type, sent.object) == ("Follow", facts.actor) and not is_left else None


def on_accept(connection: Connection, node: Node, verified: Verified) -> bool:
    """The place that we asked accepts, this request or an earlier one of ours: none stays pending for ever.

    It may have refused before and thought better of it: its own count of what it says tells which came last, or that
    what it refused was an earlier request.
    """
    row = _answered(connection, verified, "requested")
    if row is None or row.state == "ended" or _is_overtaken(connection, verified):
        return False
    if row.state == "rejected":
        is_last = row.follow == verified.facts.object_id and not _has_answered(connection, row, "Accept", "Reject")
        if _number(verified, "seq") is None and not is_last:
            return False
        connection.execute(_state(row, "accepted").values(harvested=None))
    connection.execute(_state(row, "accepted"))
    return True


def _number(verified: Verified, name: str) -> int | None:
    number = verified.facts.commitment.get(name)
    return number if type(number) is int and 0 <= number < 2**53 else None


def _is_overtaken(connection: Connection, verified: Verified) -> bool:
    """Whether the one who answers has answered otherwise since: messages may come in another order than they left."""
    number, r = _number(verified, "seq"), said.c
    if number is None:
        return False
    later = select(r.seq).where(r.actor == verified.facts.actor, r.direction == "in", r.actor_seq > number)
    later = later.where(r.type.in_(("Accept", "Reject")), r.verdict == "effect")
    later = later.where(r.epoch.is_not_distinct_from(_number(verified, "epoch")))
    return connection.execute(later.limit(1)).first() is not None


def _has_answered(connection: Connection, row: Row[Any], *kinds: str) -> bool:
    """Whether it has accepted, or refused, our last Follow by its id."""
    query = select(said.c.seq).where(said.c.object == row.follow, said.c.actor == row.target, said.c.type.in_(kinds))
    return connection.execute(query.where(said.c.verdict == "effect").limit(1)).first() is not None


def on_reject(connection: Connection, node: Node, verified: Verified) -> bool:
    """It refuses, or ends the relation; but to have refused an earlier request is not to refuse the last, accepted."""
    row = _answered(connection, verified, "accepted")
    if row is None or row.state in ("rejected", "ended") or _is_overtaken(connection, verified):
        return False
    is_known = journal.known(connection, row.actor, verified.facts.object_id) is not None
    is_earlier = is_known and row.follow != verified.facts.object_id
    if is_earlier and _number(verified, "seq") is None and _has_answered(connection, row, "Accept"):
        return False
    connection.execute(_state(row, "rejected"))
    return True


def _state(row: Row[Any], state: str) -> Update:
    key = (following.c.actor == row.actor) & (following.c.target == row.target)
    return update(following).where(key).values(state=state)


def on_undo(connection: Connection, node: Node, verified: Verified) -> bool:
    """A follower leaves: by the id of its Follow, or, where we know none of that id, by naming whom it followed."""
    facts = verified.facts
    if facts.object is not None and "Follow" not in facts.object_types:
        return False
    is_known = journal.known(connection, facts.actor, facts.object_id) is not None
    target = id_of(facts.object.get("object")) if facts.object is not None and not is_known else ""
    key = (followers.c.follower == facts.actor) & (
        (followers.c.follow == facts.object_id) | (followers.c.actor == target)
    )
    return bool(connection.execute(delete(followers).where(key)).rowcount)
