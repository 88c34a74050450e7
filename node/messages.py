"""The node's texts, in French and English: one catalogue read from `node/locale`."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from vocab.messages import Catalogue

LANGUAGES = ("fr", "en")


@cache
def catalogue() -> Catalogue:
    """The catalogue of the command line, the importers and the node's own refusals."""
    return Catalogue(Path(__file__).parent / "locale")


def text(lang: str, key: str, **params: object) -> str:
    """The text of `key` in `lang`, with its parameters filled in; a missing key raises `KeyError`."""
    return catalogue().text(lang, key, **params)


def language(environ: Mapping[str, str] = os.environ) -> str:
    """French unless the locale of the environment names another language (POSIX: LC_ALL, LC_MESSAGES, LANG)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value and not value.startswith(("C", "POSIX")):
            return "fr" if value.startswith("fr") else "en"
    return "fr"
