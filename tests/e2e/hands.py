"""How somebody uses a page: with a pointer, or with the keyboard alone. Both know fields by what identifies them."""

from dataclasses import dataclass
from pathlib import Path

from tests.e2e.play import Watched
from tests.node.desk import PASSWORD

_MOST_TABS = 400


@dataclass(slots=True)
class Pointer:
    """A mouse or a finger: presses what is seen, wherever it is."""

    watched: Watched

    async def fill(self, field: str, text: str) -> None:
        await self.watched.page.fill(field, text)

    async def tick(self, field: str) -> None:
        await self.watched.page.check(field)

    async def press(self, thing: str) -> None:
        """Press a button or a link that leads to another page, and wait for it."""
        async with self.watched.page.expect_navigation():
            await self.watched.page.click(thing)

    async def fetch(self, thing: str) -> Path:
        """The file that a link or a button gives."""
        async with self.watched.page.expect_download() as coming:
            await self.watched.page.click(thing)
        return await (await coming.value).path()

    async def choose(self, field: str, file: Path) -> None:
        """A file of one's own, in the window that the browser opens for it."""
        async with self.watched.page.expect_file_chooser() as opening:
            await self.watched.page.click(field)
        await (await opening.value).set_files(file)


@dataclass(slots=True)
class Keyboard:
    """Tab, space, enter and letters; nothing that cannot be reached by them is used."""

    watched: Watched

    async def _reach(self, thing: str) -> None:
        page = self.watched.page
        for _ in range(_MOST_TABS):
            if await page.evaluate("thing => document.activeElement?.matches(thing) ?? false", thing):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert await page.evaluate(outline) != "none", f"{thing}: one does not see where one is"
                return
            await page.keyboard.press("Tab")
        raise AssertionError(f"no key leads to {thing} on {page.url}")

    async def fill(self, field: str, text: str) -> None:
        await self._reach(field)
        keyboard = self.watched.page.keyboard
        await keyboard.press("Control+A")
        await keyboard.type(text)
        if await self.watched.ask("document.activeElement.type === 'time'"):  # the browser may count twice twelve hours
            await keyboard.type("p" if text >= "12" else "a")

    async def tick(self, field: str) -> None:
        """A box, or one of several of which one is chosen: the arrows lead from the chosen one to the others."""
        page = self.watched.page
        if await page.evaluate("field => document.querySelector(field).type === 'radio'", field):
            name = await page.evaluate("field => document.querySelector(field).name", field)
            await self._reach(f'input[name="{name}"]')
            for _ in range(20):
                if await page.evaluate("field => document.querySelector(field).checked", field):
                    return
                await page.keyboard.press("ArrowDown")
            raise AssertionError(field)
        await self._reach(field)
        if not await page.evaluate("document.activeElement.checked"):
            await page.keyboard.press("Space")

    async def press(self, thing: str) -> None:
        await self._reach(thing)
        async with self.watched.page.expect_navigation():
            await self.watched.page.keyboard.press("Enter")

    async def fetch(self, thing: str) -> Path:
        await self._reach(thing)
        async with self.watched.page.expect_download() as coming:
            await self.watched.page.keyboard.press("Enter")
        return await (await coming.value).path()

    async def choose(self, field: str, file: Path) -> None:
        await self._reach(field)
        async with self.watched.page.expect_file_chooser() as opening:
            await self.watched.page.keyboard.press("Space")
        await (await opening.value).set_files(file)


Hand = Pointer | Keyboard


async def log_in(hand: Hand, base: str, kind: str, lang: str) -> None:
    """Come in by the form, as one of the accounts of `tests/node/desk.py`."""
    await hand.watched.open(f"{base}/login?lang={lang}")
    await hand.fill("#email", f"{kind}@example.org")
    await hand.fill("#password", PASSWORD)
    await hand.press("form.fields button")
    hand.watched.is_quiet()
    assert "/manage" in hand.watched.page.url
