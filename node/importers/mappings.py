"""Where mappings are kept: `DIR/mappings/NAME.toml`, proposed by a first import, then corrected by hand."""

import re
from dataclasses import dataclass
from pathlib import Path

from node.importers import mapping
from node.importers.profiles import PROFILES
from node.importers.refused import FileRefused
from node.importers.table import read
from node.importers.wording import plain
from node.messages import text

FOLDER = "mappings"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ABOUT = ("about", "fields", "figures", "published", "codes")


def named(path: Path) -> str:
    """A name made of that of a file."""
    words = plain(path.stem).encode("ascii", "ignore").decode().split()
    name = "-".join(words)[:34].strip("-") or "table"
    return f"{name}-table" if name in PROFILES else name


def found(directory: Path, name: str) -> mapping.Mapping:
    """The mapping of a name in the node's folder, else of a file. Raises `FileRefused`."""
    kept = directory / FOLDER / f"{name}.toml"
    path = kept if _NAME.fullmatch(name) and kept.is_file() else Path(name)
    if path.suffix != ".toml" or not path.is_file() or path.stat().st_size > 1_000_000:
        raise FileRefused("mapping_none", name=name, folder=str(directory / FOLDER))
    try:
        return mapping.read(path.read_text(encoding="utf-8-sig"), named(path))
    except UnicodeDecodeError as error:
        raise FileRefused("mapping", name=name, detail="UTF-8") from error


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be looked at: its name, its text, and where it was written; `path` is None where it was not."""

    name: str
    text: str
    path: Path | None


def propose(directory: Path, path: Path, lang: str, dry_run: bool = False) -> Proposal:
    """What the columns of a table seem to say, written down unless that was done before. Raises `FileRefused`."""
    heads = tuple(head for head in read(path.read_bytes(), fold=str).columns if head)
    name = named(path)
    params = {"fields": ", ".join(name for name in mapping.OWN if name not in mapping.ABOUT)}
    about = [text(lang, f"import.mapping.{each}", **(params if each == "fields" else {})) for each in _ABOUT]
    said = mapping.written(mapping.proposed(name, heads), about)
    if dry_run:
        return Proposal(name, said, None)
    kept = directory / FOLDER / f"{name}.toml"
    kept.parent.mkdir(exist_ok=True)
    if not kept.exists():
        kept.write_text(said, encoding="utf-8")
    return Proposal(name, said, kept)
