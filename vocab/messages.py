"""Texts in French and English, read from JSON catalogues; a missing key is an error, never a blank."""

import json
from collections.abc import Mapping
from pathlib import Path


def _read(folder: Path, lang: str) -> dict[str, str]:
    files = [folder / f"{lang}.json"] if (folder / f"{lang}.json").exists() else []
    texts: dict[str, str] = {}
    for file in [*files, *sorted((folder / lang).glob("*.json"))]:
        texts.update(json.loads(file.read_text(encoding="utf-8")))
    return texts


class Catalogue:
    """The texts under one folder: `LANG.json` or `LANG/*.json`, merged, read once when first asked for."""

    __slots__ = ("_folder", "_texts")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[str, Mapping[str, str]] = {}

    def texts(self, lang: str) -> Mapping[str, str]:
        """Every key and text of one language."""
        if lang not in self._texts:
            self._texts[lang] = _read(self._folder, lang)
        return self._texts[lang]

    def text(self, lang: str, key: str, **params: object) -> str:
        """The text of `key` with `{name}` parameters filled in. Raises `KeyError` for a key that is missing."""
        template = self.texts(lang)[key]
        return template.format_map(params) if params else template
