"""The pictures of the manual can all be taken again, by the names under which it shows them."""

from pathlib import Path

import pytest
from PIL import Image

from tests.e2e import screenshots
from tests.e2e.play import chromium


async def test_every_picture_can_be_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium()
    monkeypatch.setattr(screenshots, "LANGUAGES", ("fr",))
    await screenshots.take(tmp_path)
    for name in screenshots.NAMES:
        with (
            Image.open(tmp_path / "fr" / f"{name}.png") as taken,
            Image.open(screenshots.HERE / "fr" / f"{name}.png") as kept,
        ):
            assert taken.size == kept.size
            assert len(set(taken.convert("L").tobytes())) > 10, f"{name} is blank"
