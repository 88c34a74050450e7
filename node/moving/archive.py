"""The file that a place travels in: a zip whose manifest names every part with its size and SHA-256.

A file that arrives is a stranger's. No part of it is ever written under the name that it gives itself, each is bounded
before it is read, and what is not exactly as the manifest says is refused whole.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from federation.canonical import jcs, read_json
from federation.errors import Refused
from node.messages import text

FORMAT = "maillage-place/1"
MANIFEST = "manifest.json"
MAX_PARTS = 20_000
MAX_PART = 32_000_000  # bytes of one part, unpacked
MAX_WHOLE = 1_000_000_000  # of all of them
MAX_MANIFEST = 4_000_000
MAX_SAID = 32_000_000  # of all documents
MAX_PICTURES = 1_000
_RATIO, _SMALL = 200, 100_000  # what is packed tighter than this is a bomb, unless it is small
_PICTURE_RATIO = 2  # pictures are packed already
_NAME = re.compile(
    r"manifest\.json|README\.txt|(?:actor|place)\.json|documents/[0-9]{4,6}\.json|keys/(?:rsa|ed25519)\.pem"
    r"|media/[0-9a-f]{32}"
)
_DIRECTORY = 200  # bytes of one entry of the list at the end of a zip, at most
_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal content, equal bytes
_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a file is not taken: `code` is stable, `part` says where."""

    code: str
    part: str = ""

    def text(self, lang: str) -> str:
        """One line for a person."""
        return text(lang, f"move.unfit.{self.code}", part=self.part)


class Archive:
    """An opened file that holds what its manifest says; `about`: what the manifest says of the place."""

    __slots__ = ("_zip", "about", "parts")

    def __init__(self, opened: ZipFile, about: Mapping[str, Any], parts: Mapping[str, int]) -> None:
        self._zip, self.about, self.parts = opened, about, parts

    def named(self, folder: str) -> list[str]:
        """The parts below a folder, in order."""
        return sorted(name for name in self.parts if name.startswith(folder + "/"))

    def read(self, name: str) -> bytes:
        """The bytes of a part, which were checked when the file was opened."""
        return self._zip.read(name) if name in self.parts else b""


def write(path: Path, about: Mapping[str, Any], parts: Iterable[tuple[str, bytes]]) -> int:
    """Make a file, readable by its owner alone; how many bytes it has."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with part.open("xb") as file:
        part.chmod(0o600)
        with ZipFile(file, "w", ZIP_DEFLATED, allowZip64=False) as made:
            listed = {}
            for name, content in parts:
                listed[name] = {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
                made.writestr(_entry(name), content)
            made.writestr(_entry(MANIFEST), jcs({"format": FORMAT, **about, "files": listed}))
    part.replace(path)
    return path.stat().st_size


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


@contextmanager
def opened(file: BinaryIO) -> Iterator[Archive | Unfit]:
    """A file as it is for as long as the block runs, or why it is not taken."""
    try:
        if not _is_short(file):
            yield Unfit("zip")
            return
        zipped = ZipFile(file)
    except _BROKEN:
        yield Unfit("zip")
        return
    with zipped:
        try:
            found = _checked(zipped)
        except _BROKEN:
            found = Unfit("zip")
        yield found


def _is_short(file: BinaryIO) -> bool:
    """Whether the list of parts at the end is one that we write: no comment, no ZIP64, short enough to be read."""
    size = file.seek(0, 2)
    file.seek(max(size - 42, 0))
    tail = file.read(42)
    end = tail[-22:]
    if len(end) < 22 or end[:4] != b"PK\5\6" or end[-2:] != b"\0\0" or tail[:-22].startswith(b"PK\6\7"):
        return False
    count, listed = struct.unpack_from("<HL", end, 10)
    return bool(count <= MAX_PARTS and listed <= count * _DIRECTORY)


def _checked(zipped: ZipFile) -> Archive | Unfit:
    entries = zipped.infolist()
    wrong = next(filter(None, map(_wrong_with, entries)), None)
    if wrong is not None:
        return wrong
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        return Unfit("twice")
    sizes = {entry.filename: entry.file_size for entry in entries}
    said = sum(size for name, size in sizes.items() if name.startswith("documents/"))
    pictures = sum(name.startswith("media/") for name in sizes)
    if sum(sizes.values()) > MAX_WHOLE or said > MAX_SAID or pictures > MAX_PICTURES:
        return Unfit("too_large")
    if sizes.get(MANIFEST, MAX_MANIFEST + 1) > MAX_MANIFEST:
        return Unfit("manifest")
    about = read_json(zipped.read(MANIFEST), MAX_MANIFEST)
    if isinstance(about, Refused) or about.get("format") != FORMAT or not isinstance(about.get("files"), dict):
        return Unfit("manifest")
    listed = about["files"]
    if listed.keys() != sizes.keys() - {MANIFEST}:
        return Unfit("listed")
    for name, said in listed.items():
        if said != {"sha256": _digest(zipped, name, sizes[name]), "bytes": sizes[name]}:
            return Unfit("digest", name)
    return Archive(zipped, about, sizes)


def _wrong_with(entry: ZipInfo) -> Unfit | None:
    name = ascii(entry.orig_filename[:80])
    if not _NAME.fullmatch(entry.orig_filename) or entry.orig_filename != entry.filename:
        return Unfit("name", name)
    if entry.flag_bits & 1 or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return Unfit("packing", name)
    ratio, small = (_PICTURE_RATIO, 1_000) if entry.filename.startswith("media/") else (_RATIO, _SMALL)
    is_tight = entry.file_size > small and entry.file_size > ratio * max(entry.compress_size, 1)
    return Unfit("bomb", name) if is_tight or entry.file_size > MAX_PART else None


def _digest(zipped: ZipFile, name: str, size: int) -> str:
    """What a part really holds, read no further than what its entry says."""
    summed, left = sha256(), size
    with zipped.open(name) as part:
        while chunk := part.read(min(65_536, left + 1)):
            summed.update(chunk)
            left -= len(chunk)
            if left < 0:
                raise BadZipFile(name)
    return summed.hexdigest() if left == 0 else ""
