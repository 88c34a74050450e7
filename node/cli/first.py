"""`setup`: the questions of the first run in a terminal. What no option answers is asked, where somebody can answer."""

import asyncio
import os
import sys
from argparse import Namespace
from getpass import getpass

from node import config
from node.cli.keys import show_paper_lines
from node.cli.out import REFUSED, Out, Stop
from node.errors import NodeExists
from node.people import beginning, welcome

_OPTIONAL = ("street", "identifier", "network")
_CHECKS = (welcome.wrong_with_place, welcome.wrong_with_address, welcome.wrong_with_account)


def _answers(args: Namespace, out: Out) -> dict[str, list[str]]:
    """Every field of every screen: its option, else what is typed now."""
    found: dict[str, list[str]] = {}
    for name in (field for fields in welcome.SCREENS.values() for field in fields):
        given = getattr(args, name, None)
        if name == "password":
            found[name] = [_password(args, out)]
        elif given:
            found[name] = given if isinstance(given, list) else [given]
        elif sys.stdin.isatty() and name not in _OPTIONAL:
            found[name] = _asked(name, found, out)
    if not welcome.first(found, "slug"):
        found["slug"] = [welcome.slug_of(welcome.first(found, "name"))]
    return found


def _asked(name: str, found: dict[str, list[str]], out: Out) -> list[str]:
    usual = welcome.slug_of(welcome.first(found, "name")) if name == "slug" else ""
    label = out.text(f"ask.{name}") + (f" [{usual}]" if usual else "")
    typed = input(f"{label} : ").strip() or usual
    return [part.strip() for part in typed.split(",") if part.strip()] if name == "typology" else [typed]


def _password(args: Namespace, out: Out) -> str:
    if args.stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass(out.text("ask.password") + " : ")


def setup(args: Namespace, out: Out) -> int:
    """Make the node, its first account and its place; ask to join the network. Nothing is written when one is wrong."""
    if (args.dir / config.FILE).exists():
        raise NodeExists(args.dir)
    answers = _answers(args, out)
    wrong = {field: each for check in _CHECKS for field, each in check(answers).items()}
    if wrong:
        said = welcome.said(wrong, out.lang)
        raise Stop(REFUSED, [f"{out.text(f'ask.{field}')} : {text}" for field, text in said.items()])
    begun = beginning.begin(args.dir, answers, os.environ, out.lang)
    node = begun.opened
    try:
        joined = asyncio.run(beginning.join(node, begun.slug, welcome.first(answers, "network"), out.lang))
        about = {"dir": str(args.dir), "url": node.config.url, "place": begun.slug, "handle": begun.handle}
        out.data(about | {"recovery": " ".join(begun.sheet), "joined": joined["state"]})
        out.say("setup.done_cli", place=begun.place, handle=begun.handle)
        show_paper_lines(begun.sheet, out)
        if joined["state"] == "unreachable":
            out.say("setup.not_joined", network=joined["network"])
        out.next("setup.done_next")
    finally:
        node.close()
    return 0
