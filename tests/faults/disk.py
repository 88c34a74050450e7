"""The forgetful file system as a test sees it: mounted, short of room, cut off, mounted again."""

import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

ROOT = Path(__file__).parents[2]


class Disk:
    """`point` is where it is mounted, `platter` what is left of it while it is not. Ends by a clean unmount."""

    def __init__(self, folder: Path) -> None:
        self.platter, self.point = folder / "platter", folder / "disk"
        self.platter.mkdir()
        self.point.mkdir()
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._end("stop")

    def mount(self) -> None:
        """Skips the test, saying why, where this user cannot mount a FUSE file system."""
        command = [sys.executable, "-m", "tests.faults.forgetful", str(self.platter), str(self.point)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._server = subprocess.Popen(command, cwd=ROOT, text=True, **streams)  # type: ignore[call-overload]
        assert self._server is not None
        if self._said() != "mounted":
            server, self._server = self._server, None
            _, error = server.communicate()
            pytest.skip(f"no FUSE file system can be mounted here: {error.strip().splitlines()[-1]}")

    def cut(self, seed: int) -> None:
        """The power is cut: what was not synced is lost, or not, as chance has it."""
        self._end(f"cut {seed}")

    def room(self, more: int) -> None:
        """Only so many bytes more fit from now on."""
        self._say(f"room {more}")
        assert self._said() == "done"

    def _say(self, line: str) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        self._server.stdin.write(line + "\n")
        self._server.stdin.flush()

    def _said(self) -> str:
        assert self._server is not None
        assert self._server.stdout is not None
        return str(self._server.stdout.readline()).strip()

    def _end(self, line: str) -> None:
        self._say(line)
        server, self._server = self._server, None
        assert server is not None
        _, error = server.communicate(timeout=60)
        assert server.returncode == 0, error
