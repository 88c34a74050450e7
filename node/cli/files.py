"""Reading what a person names on the command line, and the period they write."""

from pathlib import Path

from node.cli.out import REFUSED, USAGE, Out, Stop
from vocab.errors import VocabError
from vocab.periods import Period


def raw(path: str, out: Out) -> bytes:
    """The bytes of a file; refused (exit 1) when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError:
        raise Stop(REFUSED, [out.text("error.file_missing", path=path)]) from None


def utf8(path: str, out: Out) -> str:
    """The text of a UTF-8 file, with or without BOM; refused (exit 1) otherwise."""
    try:
        return raw(path, out).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Stop(REFUSED, [out.text("error.file_encoding", path=path)]) from None


def period(text: str, out: Out) -> str:
    """A period as the vocabulary writes it; a bad one is a usage error (exit 2)."""
    try:
        Period.parse(text)
    except (VocabError, ValueError):
        raise Stop(USAGE, [out.text("error.period_bad", period=text)]) from None
    return text
