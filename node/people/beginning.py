"""A node from the answers of its first manager: the node, the account, the place, and the network it asks to join."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from federation.keys import public_text
from node import paper, wishes
from node.config import address
from node.context import Node, init_node
from node.people import accounts, audit, roles, welcome
from node.people.roles import Role
from node.places import add_place
from node.relations import Unreachable


@dataclass(frozen=True, slots=True)
class Begun:
    """A node that was just made, opened; `sheet` is the recovery key, four lines to print."""

    node: Node | None = None
    slug: str = ""
    account: str = ""
    place: str = ""
    handle: str = ""
    sheet: tuple[str, ...] = field(default=(), repr=False)

    @property
    def opened(self) -> Node:
        """The node; only once it is made."""
        assert self.node is not None
        return self.node


def suggested_url(environ: Mapping[str, str], asked: str) -> str:
    """The address to propose: what the environment says, else the one that the browser used."""
    for text in (environ.get("MAILLAGE_NODE__URL", ""), asked):
        try:
            return address(text)
        except (ValueError, TypeError):
            continue
    return ""


def begin(directory: Path, answers: welcome.Answers, environ: Mapping[str, str], lang: str) -> Begun:
    """Make it all; the answers are checked. Raises what `init_node` and `add_place` raise."""
    name, slug = welcome.first(answers, "name"), welcome.first(answers, "slug")
    secret = paper.made()
    public = public_text(paper.key_of(secret).public_key())
    url = address(welcome.first(answers, "url"))
    chosen = {key: value for key, value in environ.items() if key != "MAILLAGE_NODE__URL"}
    node = init_node(directory, url, ("site",), name, environ=chosen, recovery=public)
    found = _manager(node, answers, lang)
    network = welcome.first(answers, "network")
    add_place(node, slug, welcome.place_of(answers, node.config.place(slug)), (network,) if network else ())
    roles.give(node, found, slug, Role.OWNER)
    audit.note(node, found, "begun", slug)
    return Begun(node, slug, found, name, f"@{slug}@{node.config.authority}", paper.lines(secret))


def _manager(node: Node, answers: welcome.Answers, lang: str) -> str:
    """The account of the answers, which looks after the node too; its id. Raises `AccountRefused`."""
    email, name = welcome.first(answers, "email"), welcome.first(answers, "person")
    known = accounts.by_email(node, email)
    if known is not None:  # what an interrupted beginning left
        accounts.set_password(node, known.id, answers["password"][0])
        return known.id
    return accounts.create(node, email, name, answers["password"][0], True, lang).id


async def join(node: Node, slug: str, network: str, lang: str) -> dict[str, Any]:
    """Ask, for a place, to follow a network that was pasted. `state`: none, asked, unreachable (and why)."""
    if not network:
        return {"state": "none", "network": ""}
    found = await wishes.follow(node, slug, network)
    if isinstance(found, Unreachable):
        return {"state": "unreachable", "network": network, "why": found.why(lang)}
    return {"state": "asked", "network": found.name}
