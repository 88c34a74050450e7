"""What can be typed: one table of commands, turned into an argparse parser in French or English.

Knows no command's code: `Command.handler` names a module and a function, imported when it is called.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from node.messages import LANGUAGES, text

USAGE_EXIT = 2


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument: its argparse flags and settings; its help is the text `arg.<name>`, or `arg.<about>`."""

    flags: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""

    @property
    def name(self) -> str:
        return self.about or self.flags[-1].lstrip("-").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, the `module:function` that does it, its arguments; its help is `help.<words>`."""

    words: str
    handler: str
    args: tuple[Arg, ...] = ()


def _arg(*flags: str, about: str = "", **settings: Any) -> Arg:
    return Arg(flags, settings, about)


SLUG = _arg("slug")
MAYBE_SLUG = _arg("slug", nargs="?")
FILE = _arg("--file", required=True, metavar="F")
POST = _arg("post", metavar="ID_OR_NAME")
POSTS = ("note", "article", "event")
HOST = _arg("host", nargs="?", metavar="HOST")
COMMENT = _arg("--comment", default="", metavar="TEXT")
REMOVE = _arg("--remove", action="store_true")
EMAIL = _arg("email")
STDIN = _arg("--stdin", action="store_true")
PEOPLE = ("owner", "editor", "reader")
PERSON_ROLE = _arg("role", about="person_role", choices=(*PEOPLE, "none"))
HOST_REMOVE = _arg("--remove", about="host_remove", action="store_true")
PERIOD = _arg("--period", required=True, metavar="P")
PROFILES = ("anct", "bdftl", "commune-mesure", "gogocarto", "schema", "table")
FORMATS = ("table", "xlsx", "ods", "schema", "gogocarto", "bdftl", "commune-mesure")
SHARING = ("public", "network", "aggregate-only", "private")
TEXT = {"default": "", "metavar": "TEXT"}

COMMANDS: tuple[Command, ...] = (
    Command(
        "init",
        "node.cli.setup:init",
        (
            _arg("--url", required=True),
            _arg("--role", required=True, choices=("site", "aggregator"), action="append"),
            _arg("--name", default=""),
        ),
    ),
    Command(
        "setup",
        "node.cli.first:setup",
        (
            _arg("--name", about="place_name", **TEXT),
            _arg("--commune", about="place_commune", **TEXT),
            _arg("--street", about="place_street", **TEXT),
            _arg("--typology", about="place_typology", action="append", metavar="CODE"),
            _arg("--identifier", about="place_identifier", **TEXT),
            _arg("--url", default=""),
            _arg("--slug", about="place_slug", **TEXT),
            _arg("--person", **TEXT),
            _arg("--email", about="person_email", **TEXT),
            _arg("--network", about="place_network", **TEXT),
            STDIN,
        ),
    ),
    Command("serve", "node.cli.setup:serve", (_arg("--bind", metavar="HOST:PORT"),)),
    Command(
        "place add",
        "node.cli.place:add",
        (SLUG, FILE, _arg("--accept", action="append", default=[], metavar="HANDLE")),
    ),
    Command("place show", "node.cli.place:show", (SLUG,)),
    Command("place list", "node.cli.place:list_places"),
    Command("place delete", "node.cli.place:delete", (SLUG,)),
    Command("place export", "node.cli.move:export", (SLUG, _arg("path", metavar="FILE.zip"))),
    Command(
        "place import",
        "node.cli.move:import_",
        (_arg("path", metavar="FILE.zip"), _arg("--slug", about="slug_new", default="", metavar="NEW")),
    ),
    Command("place move", "node.cli.move:move", (SLUG, _arg("target", metavar="HANDLE_OR_URL"))),
    Command(
        "report add",
        "node.cli.report:add",
        (SLUG, PERIOD, FILE, _arg("--sharing", choices=SHARING, default="public", metavar="LEVEL")),
    ),
    Command("report list", "node.cli.report:list_reports", (MAYBE_SLUG,)),
    Command(
        "report remove",
        "node.cli.report:remove",
        (SLUG, PERIOD, _arg("--sharing", choices=SHARING, default="public", metavar="LEVEL")),
    ),
    Command("publish", "node.cli.publish:publish", (MAYBE_SLUG, _arg("--dry-run", action="store_true"))),
    Command(
        "check",
        "node.cli.check:check_file",
        (_arg("path", metavar="FILE"), _arg("--period", metavar="P"), _arg("--last", metavar="F")),
    ),
    Command("post add", "node.cli.post:add", (SLUG, _arg("--type", required=True, choices=POSTS), FILE)),
    Command("post list", "node.cli.post:list_posts", (MAYBE_SLUG,)),
    Command("post edit", "node.cli.post:edit", (POST, FILE)),
    Command("post delete", "node.cli.post:delete", (POST,)),
    Command("timeline", "node.cli.post:timeline", (_arg("--limit", type=int, default=50, metavar="N"),)),
    Command("follow", "node.cli.relation:follow", (_arg("target", metavar="HANDLE_OR_URL"),)),
    Command("unfollow", "node.cli.relation:unfollow", (_arg("target", metavar="HANDLE_OR_URL"),)),
    Command(
        "followers",
        "node.cli.relation:followers",
        (MAYBE_SLUG, _arg("--approve", metavar="H"), _arg("--reject", metavar="H")),
    ),
    Command(
        "share",
        "node.cli.relation:share",
        (
            SLUG,
            _arg("--with", required=True, dest="grantee", metavar="HANDLE"),
            _arg("--level", required=True, choices=("network", "aggregate-only")),
        ),
    ),
    Command(
        "unshare",
        "node.cli.relation:unshare",
        (SLUG, _arg("--with", required=True, dest="grantee", metavar="HANDLE")),
    ),
    Command(
        "harvest",
        "node.cli.harvest:harvest",
        (_arg("whom", nargs="?", metavar="HANDLE_OR_URL"), _arg("--accept-vanished", action="store_true")),
    ),
    Command("peers", "node.cli.hosts:peers"),
    Command(
        "block",
        "node.cli.hosts:block",
        (
            HOST,
            COMMENT,
            REMOVE,
            _arg("--import", dest="import_file", metavar="F"),
            _arg("--export", dest="export_file", metavar="F"),
        ),
    ),
    Command("allow", "node.cli.hosts:allow", (HOST, COMMENT, REMOVE)),
    Command("fetch", "node.cli.fetch:fetch", (_arg("target", metavar="HANDLE_OR_URL"),)),
    Command(
        "deliveries",
        "node.cli.deliveries:deliveries",
        (
            _arg("what", nargs="?", metavar="ACTIVITY_OR_DOCUMENT"),
            _arg("--failed", action="store_true"),
            _arg("--retry", type=int, metavar="ID"),
            _arg("--retry-parked", action="store_true"),
            _arg("--limit", type=int, default=50, metavar="N"),
        ),
    ),
    Command(
        "import",
        "node.cli.importing:import_file",
        (
            _arg("path", metavar="FILE"),
            _arg("--profile", required=True, choices=PROFILES),
            _arg("--dry-run", action="store_true"),
            _arg("--report", metavar="F"),
            _arg("--mapping", metavar="NAME_OR_FILE"),
            _arg("--source", **TEXT),
            _arg("--period", metavar="P"),
            _arg("--list-name", default="", metavar="NAME"),
            _arg("--place", metavar="SLUG"),
        ),
    ),
    Command(
        "export",
        "node.cli.exporting:export",
        (_arg("--format", dest="format", required=True, choices=FORMATS), _arg("path", metavar="FILE")),
    ),
    Command(
        "indicator list",
        "node.cli.indicator:list_all",
        (_arg("--theme", metavar="T"), _arg("--tier", choices=("core", "standard", "component"))),
    ),
    Command("indicator show", "node.cli.indicator:show", (_arg("id", metavar="ID"),)),
    Command(
        "totals",
        "node.cli.numbers:totals",
        (
            _arg("--indicator", metavar="I"),
            _arg("--by", default="country", metavar="DIVISION"),
            _arg("--period", metavar="P"),
            _arg("--panel", metavar="YEAR-YEAR"),
        ),
    ),
    Command(
        "territory load",
        "node.cli.territory:load",
        (
            _arg("path", metavar="FILE"),
            _arg("--layer", required=True, metavar="NAME"),
            _arg("--column", metavar="C"),
            _arg("--code-column", metavar="C"),
            _arg("--title", **TEXT),
            _arg("--source", **TEXT),
            _arg("--date", default="", metavar="DATE"),
        ),
    ),
    Command("territory list", "node.cli.territory:list_layers"),
    Command("territory remove", "node.cli.territory:remove", (_arg("layer", metavar="NAME"),)),
    Command(
        "query",
        "node.cli.numbers:query",
        (
            _arg("sparql", metavar="SPARQL"),
            _arg("--format", choices=("table", "json", "csv", "turtle"), default="table"),
        ),
    ),
    Command(
        "campaign open",
        "node.cli.campaign:open_",
        (PERIOD, _arg("--until", required=True, metavar="DATE"), _arg("--dry-run", action="store_true")),
    ),
    Command("campaign close", "node.cli.campaign:close", (PERIOD,)),
    Command("campaign remind", "node.cli.campaign:remind", (PERIOD, _arg("--to", default="", metavar="PLACE"))),
    Command("campaign correct", "node.cli.campaign:correct", (PERIOD,)),
    Command("campaign show", "node.cli.campaign:show", (_arg("--period", metavar="P"),)),
    Command(
        "account add",
        "node.cli.account:add",
        (
            EMAIL,
            _arg("--name", about="person", default="", metavar="NAME"),
            _arg("--host", about="account_host", action="store_true"),
            STDIN,
        ),
    ),
    Command("account list", "node.cli.account:list_all"),
    Command("account password", "node.cli.account:password", (EMAIL, STDIN)),
    Command(
        "account role",
        "node.cli.account:role",
        (EMAIL, SLUG, _arg("role", about="person_role", choices=(*PEOPLE, "none"))),
    ),
    Command(
        "account host", "node.cli.account:host", (EMAIL, _arg("--remove", about="host_remove", action="store_true"))
    ),
    Command("account remove", "node.cli.account:remove", (EMAIL,)),
    Command(
        "invite",
        "node.cli.account:invite",
        (
            MAYBE_SLUG,
            _arg("--role", about="person_role", choices=PEOPLE, default="owner"),
            _arg("--days", type=int, default=7, metavar="N"),
        ),
    ),
    Command("keys list", "node.cli.keys:list_keys", (MAYBE_SLUG,)),
    Command("keys check", "node.cli.keys:check"),
    Command("keys rotate", "node.cli.keys:rotate", (MAYBE_SLUG,)),
    Command(
        "keys recover",
        "node.cli.keys:recover",
        (
            MAYBE_SLUG,
            _arg("--since", metavar="TIME"),
            _arg("--file", metavar="F"),
            _arg("--new", action="store_true"),
            _arg("--lost", action="store_true"),
        ),
    ),
    Command("rebuild", "node.cli.setup:rebuild"),
    Command("config", "node.cli.config:show"),
    Command("backup", "node.cli.backup:backup", (_arg("copy_to", metavar="TO"),)),
    Command("restore", "node.cli.backup:restore", (_arg("copy_from", metavar="FROM"),)),
    Command("doctor", "node.cli.doctor:doctor", (_arg("--offline", action="store_true"),)),
    Command("upgrade", "node.cli.backup:upgrade", (_arg("--dry-run", action="store_true"),)),
    Command("demo", "node.cli.demo:demo", (_arg("--once", action="store_true"),)),
)

_USUAL = {"post": "add"}
_VALUED = ("--dir", "--lang", "--type", "--file")


def spelt_out(words: Sequence[str]) -> list[str]:
    """`post SLUG …` is `post add SLUG …`: a family may have one command whose word can be left out.

    Its other commands win, so a place that is called as one of them is written after the whole: `post add list …`.
    """
    bare = list(_bare(words))[:2]
    family = words[bare[0]] if bare else ""
    named = {command.words.partition(" ")[2] for command in COMMANDS if command.words.startswith(family + " ")}
    if family not in _USUAL or len(bare) < 2 or words[bare[1]] in named:
        return list(words)
    return [*words[: bare[0] + 1], _USUAL[family], *words[bare[0] + 1 :]]


def _bare(words: Sequence[str]) -> Iterator[int]:
    """Where the words are that are neither options nor the values of options."""
    is_value = False
    for at, word in enumerate(words):
        if not is_value and not word.startswith("-"):
            yield at
        is_value = not is_value and word in _VALUED


class _Parser(argparse.ArgumentParser):
    """argparse, with its refusal in the reader's language and exit code 2."""

    lang = "fr"

    def error(self, message: str) -> NoReturn:
        self.print_usage()
        self.exit(USAGE_EXIT, text(self.lang, "error.usage", detail=message, prog=self.prog) + "\n")


def _common(lang: str, top: bool) -> argparse.ArgumentParser:
    """--dir, --json and --lang, accepted before and after the command."""
    common = argparse.ArgumentParser(add_help=False)
    absent = None if top else argparse.SUPPRESS
    common.add_argument("--dir", default=absent, metavar="DIR", help=text(lang, "arg.dir"))
    common.add_argument("--json", action="store_true", default=False if top else absent, help=text(lang, "arg.json"))
    common.add_argument("--lang", choices=LANGUAGES, default=absent, help=text(lang, "arg.lang"))
    return common


def _add_command(group: Any, word: str, command: Command, lang: str) -> None:
    about = text(lang, "help." + command.words.replace(" ", "_"))
    sub = group.add_parser(word, help=about, description=about, parents=[_common(lang, top=False)])
    sub.lang = lang
    sub.set_defaults(command=command)
    for arg in command.args:
        sub.add_argument(*arg.flags, help=text(lang, "arg." + arg.name), **arg.settings)


def _speak(lang: str) -> None:
    """argparse takes its own words from the global `_`; ours come from the catalogue (`argparse.<its English>`)."""

    def translated(message: str) -> str:
        try:
            return text(lang, "argparse." + message)
        except KeyError:
            return message

    setattr(argparse, "_", translated)  # noqa: B010 - the name is private to argparse, and mypy knows it


def build(lang: str) -> argparse.ArgumentParser:
    """The whole parser, its help in `lang`."""
    _speak(lang)
    top = _Parser(prog="maillage", description=text(lang, "help.maillage"), parents=[_common(lang, top=True)])
    top.lang = lang
    groups: Any = top.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    families: dict[str, Any] = {}
    for command in COMMANDS:
        first, _, second = command.words.partition(" ")
        if not second:
            _add_command(groups, first, command, lang)
            continue
        if first not in families:
            about = text(lang, "help." + first)
            family = groups.add_parser(first, help=about, description=about, parents=[_common(lang, top=False)])
            family.lang = lang
            families[first] = family.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
        _add_command(families[first], second, command, lang)
    return top
