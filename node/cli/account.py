"""`account …` and `invite`: who manages the places here. A password is chosen behind a link that serves once."""

import sys
from argparse import Namespace
from secrets import token_urlsafe

from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.context import Node
from node.people import accounts, audit, links, roles
from node.people.accounts import Account
from node.people.roles import Role
from node.places import show_place

NONE = "none"
_DAY = 1


def _found(node: Node, email: str, out: Out) -> Account:
    account = accounts.by_email(node, email)
    if account is None:
        raise Stop(NOT_FOUND, [out.text("error.account_unknown", email=email)])
    return account


def _place(node: Node, slug: str, out: Out) -> None:
    if show_place(node, slug) is None:
        raise Stop(NOT_FOUND, [out.text("error.place_unknown", slug=slug)])


def _reset(node: Node, account: Account) -> str:
    return f"{node.config.url}/reset/{links.make(node, links.RESET, account=account.id, days=_DAY)}"


def _typed() -> str:
    """The first line of the standard input."""
    return sys.stdin.readline().rstrip("\r\n")


def add(args: Namespace, out: Out) -> int:
    """A new account; its password is chosen behind a link, or read from the standard input."""
    with opened(args, out) as node:
        password = _typed() if args.stdin else token_urlsafe(32)
        account = accounts.create(node, args.email, args.name or args.email.partition("@")[0], password, args.host)
        audit.note(node, "", "account_made", who=account.email)
        link = "" if args.stdin else _reset(node, account)
        out.data({"id": account.id, "email": account.email, "host": account.host, "link": link})
        out.say("account.made", name=account.name, email=account.email)
        _say_link(link, out)
        out.next("account.made_next", email=account.email)
    return 0


def _say_link(link: str, out: Out) -> None:
    if link:
        out.say("account.link")
        out.line(link)


def list_all(args: Namespace, out: Out) -> int:
    """Every account, what it looks after, and its places."""
    with opened(args, out) as node:
        rows = [(account, roles.places(node, account.id)) for account in accounts.everybody(node)]
        out.data([_data(account, places) for account, places in rows])
        if not rows:
            out.say("account.none")
        else:
            head = [out.text("account.head_" + key) for key in ("email", "name", "places")]
            out.table(head, [[a.email, a.name, _places(a, p, out)] for a, p in rows])
        out.next("account.list_next")
    return 0


def _data(account: Account, places: dict[str, Role]) -> dict[str, object]:
    about = {"id": account.id, "email": account.email, "name": account.name, "host": account.host}
    return about | {"places": {slug: str(role) for slug, role in places.items()}}


def _places(account: Account, places: dict[str, Role], out: Out) -> str:
    held = [f"{slug} ({out.text('manage.role.' + role)})" for slug, role in places.items()]
    return ", ".join([out.text("account.host")] * account.host + held)


def password(args: Namespace, out: Out) -> int:
    """Another password: behind a link, or read from the standard input; every session of the account ends then."""
    with opened(args, out) as node:
        account, link = _found(node, args.email, out), ""
        if args.stdin:
            accounts.set_password(node, account.id, _typed())
            audit.note(node, "", "password_reset", who=account.email)
        else:
            link = _reset(node, account)
        out.data({"email": account.email, "link": link})
        if not link:
            out.say("account.password_set", email=account.email)
        _say_link(link, out)
        out.next("account.password_next")
    return 0


def role(args: Namespace, out: Out) -> int:
    """What an account is for a place; `none`: nothing any more."""
    with opened(args, out, role="site") as node:
        account = _found(node, args.email, out)
        _place(node, args.slug, out)
        if args.role == NONE:
            roles.take(node, account.id, args.slug)
        else:
            roles.give(node, account.id, args.slug, Role(args.role))
        audit.note(node, "", "role", args.slug, who=account.email, role=args.role)
        out.data({"email": account.email, "slug": args.slug, "role": args.role})
        key = "account.role_none" if args.role == NONE else "account.role_given"
        word = "" if args.role == NONE else out.text(f"manage.role.{args.role}")
        out.say(key, email=account.email, slug=args.slug, role=word)
        out.next("account.role_next")
    return 0


def host(args: Namespace, out: Out) -> int:
    """Let an account look after the whole node, or no longer."""
    with opened(args, out) as node:
        account = _found(node, args.email, out)
        roles.make_host(node, account.id, not args.remove)
        audit.note(node, "", "host", who=account.email, host=not args.remove)
        out.data({"email": account.email, "host": not args.remove})
        out.say("account.host_taken" if args.remove else "account.host_given", email=account.email)
        out.next("account.role_next")
    return 0


def remove(args: Namespace, out: Out) -> int:
    """Forget an account; never the last owner of a place."""
    with opened(args, out) as node:
        account = _found(node, args.email, out)
        roles.close(node, account.id)
        audit.note(node, "", "account_removed", who=account.email)
        out.data({"email": account.email, "removed": True})
        out.say("account.removed", email=account.email)
        out.next("account.role_next")
    return 0


def invite(args: Namespace, out: Out) -> int:
    """A link by which somebody gets a role on a place, or, without one, makes a place of their own."""
    with opened(args, out, role="site") as node:
        if args.slug:
            _place(node, args.slug, out)
        token = links.make(node, links.INVITE, place=args.slug or "", role=args.role, days=args.days)
        audit.note(node, "", "invited", args.slug or "", role=args.role)
        link = f"{node.config.url}/join/{token}"
        out.data({"slug": args.slug or "", "role": args.role, "link": link, "days": args.days})
        out.say("invite.made" if args.slug else "invite.made_new", slug=args.slug, days=args.days)
        out.line(link)
        out.next("invite.next")
    return 0
