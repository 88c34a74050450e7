"""Reads a SPARQL query before it runs: its form, the graphs it names, and whether it asks for what is refused.

A small tokeniser steps over comments, strings, IRIs, variables and local names, so that the word SERVICE in
a label is no mistake. It is the clear answer, not the wall: the worker can open no socket and no file anyway.
"""

import re
from dataclasses import dataclass
from enum import Enum

_LOCAL = r"(?:[\w:]|%[0-9A-Fa-f]{2}|\\[^\s\w])(?:[\w:.·-]|%[0-9A-Fa-f]{2}|\\[^\s\w])*"
_TOKEN = re.compile(
    r"(?P<comment>\#[^\r\n]*)"
    r'|(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)'
    r'|(?P<long>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\')'
    r'|(?P<short>"(?:[^"\\\r\n]|\\.)*"|\'(?:[^\'\\\r\n]|\\.)*\')'
    r"|(?P<variable>[?$]\w+)"
    r"|(?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    rf"|(?P<name>(?:[^\W\d][\w.-]*)?:(?:{_LOCAL})?)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<brace>[{}])",
    re.DOTALL,
)
_SILENT = frozenset({"comment", "long", "short", "variable", "lang", "number"})
_SERVICE = re.compile(r"(?:true|false)?service", re.IGNORECASE)
_UPDATES = frozenset(("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"))
_FORMS = frozenset(("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))


class Form(Enum):
    """What a query answers: rows, yes or no, or triples."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def is_graph(self) -> bool:
        return self in (Form.CONSTRUCT, Form.DESCRIBE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that may run. `has_dataset`: it says FROM itself; `graphs`: the IRIs it writes after FROM."""

    text: str
    form: Form
    has_dataset: bool
    graphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def head(self) -> str:
        """The keyword a scanner without spaces could read here: the word, or what stands before the colon."""
        return self.text.partition(":")[0].upper() if self.kind in ("word", "name") else ""


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind not in _SILENT:
            found.append(_Token(kind, match.group()))
    return found


def _form(tokens: list[_Token]) -> Form | str:
    """The form, or the reason it cannot run: the first keyword after PREFIX and BASE decides."""
    for token in tokens:
        if token.kind == "word" and token.text.upper() in _FORMS:
            return Form(token.text.upper())
        if token.kind == "word" and token.text.upper() in _UPDATES:
            return "update"
    return "syntax"


def _dataset(tokens: list[_Token]) -> tuple[bool, tuple[str, ...]]:
    """Whether FROM stands before the pattern, and the IRIs written in full after it."""
    has, graphs, before = False, [], ""
    for token in tokens:
        if token.kind == "brace":
            break
        if token.kind == "iri" and before in ("FROM", "NAMED"):
            graphs.append(token.text[1:-1])
        if token.head == "FROM" and before != "PREFIX":
            has = True
        before = token.head
    return has, tuple(graphs)


def check(text: str) -> Checked | str:
    """The query ready to run, or a reason: `service`, `update`, `syntax`."""
    tokens = _tokens(text)
    if any(_SERVICE.match(token.head) for token in tokens):
        return "service"
    form = _form(tokens)
    if isinstance(form, str):
        return form
    has_dataset, graphs = _dataset(tokens)
    return Checked(text, form, has_dataset, graphs)
