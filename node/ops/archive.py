"""The file that a copy of a node is: a tar.gz whose first member is the database and whose last is the manifest.

The manifest has the SHA-256 of every other member, taken from the bytes as they were written. Nothing that was unpacked
is believed before all of them hold. It has the private keys: nobody but its owner may read it.
"""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from node import config as options
from node.errors import BackupRefused
from node.store.engine import DATABASE

SUFFIX = ".maillage.tar.gz"
_MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 1 << 20
_MOST_MANIFEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a copy says of itself. `entries`: rows of the journal; `documents`: those that stand."""

    url: str
    made: str
    revision: str
    version: str
    entries: int
    documents: int
    files: Mapping[str, str]  # path inside → SHA-256


class _Digested(io.RawIOBase):
    """A stream that is read once, and the digest of what was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._digest.update(chunk)
        return chunk

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Adds members, each read once, and the manifest at the end."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.files: dict[str, str] = {}

    def file(self, name: str, path: Path) -> None:
        """A file as it is now; one that is gone meanwhile is left out."""
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return
        with stream:
            self._add(name, stream, os.fstat(stream.fileno()).st_size)

    def content(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def _add(self, name: str, stream: IO[bytes], size: int) -> None:
        member, digested = tarfile.TarInfo(name), _Digested(stream)
        member.size, member.mode = size, 0o600
        self._archive.addfile(member, digested)
        self.files[name] = digested.hexdigest()

    def manifest(self, about: Backup) -> None:
        self.content(_MANIFEST, json.dumps({"format": _FORMAT} | asdict(about), indent=1, sort_keys=True).encode())


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """A new archive under its final name once it is whole and on the disk; nothing is left of one that fails."""
    part = file.with_name(file.name + ".part")
    try:
        with for_owner(part) as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive:
            yield Writer(archive)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    flush(file.parent)


def unpack(file: Path, folder: Path) -> Backup:
    """Every member of a copy in `folder`, each with the digest that the copy gives, the database whole.

    Raises `BackupRefused`.
    """
    try:
        with tarfile.open(file, mode="r|gz") as archive:
            about, found = _members(archive, folder)
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise BackupRefused("backup_unreadable", file=file, detail=error) from error
    wrong = sorted(name for name in {*about.files, *found} if found.get(name) != about.files.get(name))
    if wrong:
        raise BackupRefused("backup_damaged", file=file, detail=", ".join(wrong))
    if (said := damage(folder / DATABASE)) != "":
        raise BackupRefused("backup_damaged", file=file, detail=f"{DATABASE}: {said}")
    return about


def _members(archive: tarfile.TarFile, folder: Path) -> tuple[Backup, dict[str, str]]:
    about, found = None, dict[str, str]()
    for member in archive:
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None or about is not None or member.name in found:
            raise ValueError(member.name)
        if member.name == _MANIFEST:
            about = _manifest(stream.read(_MOST_MANIFEST))
        else:
            found[member.name] = _written(stream, folder, PurePosixPath(member.name))
    if about is None:
        raise ValueError(_MANIFEST)
    return about, found


def _manifest(raw: bytes) -> Backup:
    said = json.loads(raw)
    if said.pop("format") != _FORMAT or not {DATABASE, options.FILE} <= set(said["files"]):
        raise ValueError(_MANIFEST)
    return Backup(**said)


def _written(stream: IO[bytes], folder: Path, path: PurePosixPath) -> str:
    """The digest of a member as it was written, inside the folder and nowhere else."""
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(str(path))
    target, digest = folder / path, hashlib.sha256()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with for_owner(target) as out:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def damage(database: Path) -> str:
    """What SQLite finds wrong with a database file; empty for nothing."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as copy:
        try:
            (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            orphan = copy.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
    if said != "ok":
        return str(said)
    return f"foreign key: {orphan[0]} {orphan[1]}" if orphan else ""


@contextmanager
def for_owner(path: Path) -> Iterator[IO[bytes]]:
    """A new file that nobody else may read, on the disk when the block ends."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def flush(folder: Path) -> None:
    """The names of new files are on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
