"""The private keys of this node's actors: `DIR/keys/SLUG.{rsa,ed25519}.pem`, readable by nobody else."""

import os
from pathlib import Path

from federation.keys import ActorKeys, generate


class KeyRing:
    """Keys by slug; each is read once."""

    __slots__ = ("_folder", "_read")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, ActorKeys] = {}

    def of(self, slug: str) -> ActorKeys:
        """The keys of one of our actors; raises `FileNotFoundError` if it never had any."""
        if slug not in self._read:
            rsa, ed25519 = (self._path(slug, kind).read_bytes() for kind in ("rsa", "ed25519"))
            self._read[slug] = ActorKeys.from_pems(rsa, ed25519)
        return self._read[slug]

    def make(self, slug: str) -> ActorKeys:
        """The keys of an actor, made and on the disk when this returns; those it has are kept."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if all(self._path(slug, kind).exists() for kind in ("rsa", "ed25519")):
            return self.of(slug)
        keys = generate()
        for kind, pem in zip(("rsa", "ed25519"), keys.to_pems(), strict=True):
            _write(self._path(slug, kind), pem)
        self._read[slug] = keys
        return keys

    def _path(self, slug: str, kind: str) -> Path:
        return self._folder / f"{slug}.{kind}.pem"


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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
