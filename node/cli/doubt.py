"""Warnings as commands say them: what is odd and what to check; nothing is refused for it."""

from collections.abc import Iterable

from node.cli.out import Out
from vocab import oddity
from vocab.oddity import Oddity


def say(found: Iterable[Oddity], out: Out, indent: str = "") -> None:
    """One line a warning."""
    for odd in found:
        about, sentence = oddity.subject(odd, out.lang), oddity.say(odd, out.lang)
        out.line(indent + out.text("doubt.line", about=about, sentence=sentence))


def as_data(found: Iterable[Oddity], out: Out) -> list[dict[str, object]]:
    """The warnings for a machine, each with its sentence."""
    return [oddity.told(odd, out.lang) for odd in found]
