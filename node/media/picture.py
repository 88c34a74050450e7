"""One picture made fit to publish, in a process of its own: `python -m node.media.picture`.

It is turned upright, made at most 1,600 pixels long, and encoded anew from its pixels alone, so that neither position
nor camera nor hidden file remains. A small file that unfolds into more than any memory meets a limit there.
"""

import json
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from node.errors import NodeError

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 15_000_000  # bytes of the file that is sent
LONGEST_SIDE = 1_600
SMALL_SIDE = 480  # of the one that lists show
_PIXELS = 60_000_000
_MEMORY = 768 << 20
_SECONDS = 30
_AT_ONCE = BoundedSemaphore(2)  # on a small machine
_SHRINKABLE = ("RGB", "RGBA", "L", "LA", "CMYK")  # without a copy of all its pixels first
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY, _SMALL_QUALITY = 82, 74


class PictureRefused(NodeError):
    """A file that cannot be published as a picture; `code`: picture_unreadable, picture_large, picture_alt,
    picture_busy."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class Fit:
    """A picture that can be published, and the small one for lists; `type`: image/jpeg, or image/png where something
    shows through."""

    data: bytes
    small: bytes
    type: str
    width: int
    height: int


def fit(raw: bytes) -> Fit:
    """Make a picture fit to publish; raises `PictureRefused`."""
    if len(raw) > LARGEST:
        raise PictureRefused("picture_large", most=LARGEST // 1_000_000)
    command = [sys.executable, "-m", "node.media.picture"]
    if not _AT_ONCE.acquire(timeout=_SECONDS):
        raise PictureRefused("picture_busy")
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=_SECONDS, check=True)
        head, _, data = done.stdout.partition(b"\n")
        said = json.loads(head)
        large = said["bytes"]
        return Fit(data[:large], data[large:], said["type"], said["width"], said["height"])
    except (subprocess.SubprocessError, ValueError, KeyError) as error:
        raise PictureRefused("picture_unreadable") from error
    finally:
        _AT_ONCE.release()


def _made(raw: bytes) -> Fit:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = _PIXELS
    with Image.open(BytesIO(raw), formats=_FORMATS) as opened:
        if opened.width * opened.height > _PIXELS:
            raise ValueError(opened.size)
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        clear = opened.mode in ("RGBA", "LA") or "transparency" in opened.info
        mode = "RGBA" if clear else "RGB"
        large: Image.Image = opened if opened.mode in _SHRINKABLE else opened.convert(mode)
        large.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        image = ImageOps.exif_transpose(large).convert(mode)
    alone = Image.new(image.mode, image.size)
    alone.paste(image)
    small = alone.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    kind = "image/png" if clear else "image/jpeg"
    return Fit(_encoded(alone, clear, _QUALITY), _encoded(small, clear, _SMALL_QUALITY), kind, *alone.size)


def _encoded(image: "Image", clear: bool, quality: int) -> bytes:
    data = BytesIO()
    if clear:
        image.save(data, "PNG", optimize=True)
    else:
        image.save(data, "JPEG", quality=quality, progressive=True, optimize=True)
    return data.getvalue()


def _main() -> int:
    for what, limit in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (limit, limit))
    with suppress(OSError):  # where memory is short, this process ends and not the node
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with suppress(Exception):
        found = _made(sys.stdin.buffer.read())
        said = {"type": found.type, "width": found.width, "height": found.height, "bytes": len(found.data)}
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + found.data + found.small)
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(_main())
