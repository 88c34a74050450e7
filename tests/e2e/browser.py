"""A real Chromium, driven over its DevTools socket: pages at a given width, what they say, and how they look.

Skips, saying why, where there is no browser.
"""

import asyncio
import base64
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-default-apps", "--no-proxy-server", "--remote-debugging-port=0",
)  # fmt: skip


def chromium() -> str:
    """The browser's path."""
    found = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium here (set MAILLAGE_CHROMIUM to its path)")
    return found


@dataclass(slots=True)
class Tab:
    """One tab: commands and their answers, and every event heard."""

    socket: aiohttp.ClientWebSocketResponse
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _last: int = 0

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        await self.socket.send_json(message | ({"sessionId": self.session} if self.session else {}))
        while True:
            heard = await asyncio.wait_for(self.socket.receive_json(), 30)
            if heard.get("id") == self._last:
                assert "error" not in heard, heard
                result: dict[str, Any] = heard["result"]
                return result
            self.events.append(heard)

    async def wait(self, event: str) -> None:
        while not any(heard.get("method") == event for heard in self.events):
            self.events.append(await asyncio.wait_for(self.socket.receive_json(), 30))

    async def open(self, url: str, width: int = 1280, dark: bool = False) -> None:
        """Load a page at that width, and wait for it."""
        self.events.clear()
        phone = width < 600
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": phone}
        await self.send("Emulation.setDeviceMetricsOverride", **size)
        wanted = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.send("Emulation.setEmulatedMedia", features=wanted)
        await self.send("Page.navigate", url=url)
        await self.wait("Page.loadEventFired")

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def requests(self) -> list[str]:
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser says against the page: errors, blocked resources."""
        logged = [e["params"]["entry"]["text"] for e in self.events if e.get("method") == "Log.entryAdded"]
        failed = [str(e["params"]) for e in self.events if e.get("method") == "Network.loadingFailed"]
        return logged + failed

    async def picture(self) -> bytes:
        """The whole page as a PNG."""
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def tab() -> AsyncIterator[Tab]:
    """A browser of its own with one empty tab, ended with its folder."""
    with tempfile.TemporaryDirectory(prefix="maillage-chromium-", ignore_cleanup_errors=True) as folder:
        line = [chromium(), *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*line, stdout=quiet, stderr=quiet)
        try:
            address = await _address(Path(folder), process)
            async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=1 << 27) as socket:
                browser = Tab(socket)
                target = await browser.send("Target.createTarget", url="about:blank")
                attached = await browser.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                browser.session = attached["sessionId"]
                for domain in ("Page", "Network", "Log", "Runtime"):
                    await browser.send(f"{domain}.enable")
                yield browser
        finally:
            process.terminate()
            await process.wait()


async def _address(folder: Path, process: asyncio.subprocess.Process) -> str:
    """Where the browser listens: it writes its port in its folder."""
    file = folder / "DevToolsActivePort"
    for _ in range(300):
        if file.exists() and len(lines := file.read_text().split()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        assert process.returncode is None, "Chromium ended at once"
        await asyncio.sleep(0.1)
    raise TimeoutError("Chromium did not open its port")
