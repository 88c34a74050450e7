"""Threads of a node take turns anyway: one heap for all of them, and memory that is free goes back to the machine."""

import ctypes

_ARENAS, _LARGE, _TRIM = -8, -3, -1  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of mallopt(3)
_BYTES = 128 * 1024


def save() -> bool:
    """Ask the C library so, before threads begin; False where it knows nothing of it (it is not glibc)."""
    ask = getattr(ctypes.CDLL(None), "mallopt", None)
    return ask is not None and all(ask(*pair) for pair in ((_ARENAS, 1), (_LARGE, _BYTES), (_TRIM, _BYTES)))
