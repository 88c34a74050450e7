"""The private keys of this node's actors: files in `DIR/keys`, readable by nobody else.

A pair has a part of its own public key in its name (`SLUG.{rsa,ed25519}.pem` in nodes made before): its files are
written before anything says that it signs, and destroyed once nothing does.
"""

import os
from pathlib import Path

from federation.canonical import digest
from federation.errors import KeyUnreadable
from federation.keys import ActorKeys, generate

_KINDS = ("rsa", "ed25519")


class KeyRing:
    """Pairs of private keys by their owner's slug and their public Ed25519 key; each is read once."""

    __slots__ = ("_folder", "_read")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, ActorKeys] = {}

    def of(self, slug: str, multibase: str) -> ActorKeys:
        """The pair of one of our actors whose Ed25519 key is published as `multibase`; raises `KeyUnreadable`."""
        if multibase not in self._read:
            pairs = filter(None, map(self._pair, self._stems(slug, multibase)))
            found = next((keys for keys in pairs if keys.multibase == multibase), None)
            if found is None:
                raise KeyUnreadable(f"{self._folder}: {slug}: the private half of {multibase} is not there")
            self._read[multibase] = found
        return self._read[multibase]

    def make(self, slug: str) -> ActorKeys:
        """A new pair, on the disk when this returns, beside those that the actor has."""
        keys = generate()
        stem, _ = self._stems(slug, keys.multibase)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for kind, pem in zip(_KINDS, keys.to_pems(), strict=True):
            _write(self._path(stem, kind), pem)
        self._read[keys.multibase] = keys
        return keys

    def unnamed(self, slug: str) -> ActorKeys | None:
        """The pair of an actor in a node made before keys had a history."""
        return self._pair(slug)

    def destroy(self, slug: str, multibase: str) -> None:
        """Take the private half of a pair away, from the disk and from here."""
        self._read.pop(multibase, None)
        stem, unnamed = self._stems(slug, multibase)
        before = self._pair(unnamed)
        if before is not None and before.multibase == multibase:
            stem = unnamed
        paths = [self._path(stem, kind) for kind in _KINDS]
        if any(path.exists() for path in paths):
            for path in paths:
                path.unlink(missing_ok=True)
            _flush(self._folder)

    def _stems(self, slug: str, multibase: str) -> tuple[str, str]:
        return f"{slug}.{digest(multibase.encode())[:16]}", slug

    def _pair(self, stem: str) -> ActorKeys | None:
        try:
            rsa, ed25519 = (self._path(stem, kind).read_bytes() for kind in _KINDS)
        except FileNotFoundError:
            return None
        return ActorKeys.from_pems(rsa, ed25519)

    def _path(self, stem: str, kind: str) -> Path:
        return self._folder / f"{stem}.{kind}.pem"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(path)
    _flush(path.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
