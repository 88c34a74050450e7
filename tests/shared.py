"""Where the published vectors and the real data are: $MAILLAGE_SHARED, else ../shared. Nothing of them is committed."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """The file `path` there; the test is skipped, saying why, where it is absent."""
    folder = Path(os.environ.get("MAILLAGE_SHARED") or ROOT.parent / "shared")
    file = folder / path
    if not file.exists():
        pytest.skip(f"{path} is not in {folder} (set MAILLAGE_SHARED)")
    return file
