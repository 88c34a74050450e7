"""Keys of many actors, made once and kept in `build/bench-keys`: a thousand take a minute of two processors."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from federation.keys import ActorKeys, generate

FOLDER = Path(__file__).parents[1] / "build" / "bench-keys"


def _made(_: int) -> tuple[bytes, bytes]:
    return generate().to_pems()


def keys(count: int) -> list[ActorKeys]:
    """`count` different pairs of keys (RSA-2048 and Ed25519)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(count) if not (FOLDER / f"{number}.ed25519.pem").exists()]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, pems in zip(missing, pool.map(_made, missing, chunksize=8), strict=True):
            for kind, pem in zip(("rsa", "ed25519"), pems, strict=True):
                (FOLDER / f"{number}.{kind}.pem").write_bytes(pem)
    return [
        ActorKeys.from_pems(*((FOLDER / f"{n}.{kind}.pem").read_bytes() for kind in ("rsa", "ed25519")))
        for n in range(count)
    ]
