"""`make screenshots`: the eight pictures of the manager's manual, taken again from a running node.

`python -m tests.e2e.screenshots [fr|en]`; French when none is named, for the manual is read there first.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from PIL import Image

from node.people import accounts
from node.places import add_place
from tests.e2e.play import Watched, browsing, log_in, watching
from tests.e2e.samples import sampled
from tests.node.desk import SLUG, served
from tests.node.net import place
from tests.node.test_setup import first_run
from tests.shape import ROOT
from vocab.model import Hours, Operator

FOLDER = ROOT / "docs" / "screenshots"
_COLOURS = 64
HOURS = (Hours(("Mo", "Tu", "We", "Th", "Fr"), "09:00", "18:30"), Hours(("Sa",), "10:00", "13:00"))
SUMMARY = "Des bureaux, un fablab et un four à pain, au centre de Guéret."


async def take(watched: Watched, name: str) -> None:
    """One picture of what is seen first, with few colours: small enough for a repository."""
    path = FOLDER / f"{name}.png"
    await watched.page.set_viewport_size({"width": 1000, "height": 1000})
    await watched.page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size // 1000} KB")


async def first(watched: Watched, lang: str) -> None:
    """The first screen, and the sheet."""
    with tempfile.TemporaryDirectory() as folder:
        async with first_run(Path(folder) / "state") as run:
            page = watched.page
            await watched.open(f"{run.base}{run.link}?lang={lang}")
            await page.fill("#name", "La Quincaillerie")
            await page.fill("#commune", "Guéret (23)")
            await page.check("input[value=coworking]")
            await page.check("input[value=fablab]")
            await take(watched, "1-first-screen")
            await page.click("form.fields button")
            for field, text in (("url", run.base), ("person", "Claire"), ("email", "claire@example.org")):
                await page.fill(f"#{field}", text)
            await page.fill("#password", "une phrase bien longue")
            await page.click("form.fields button")
            await page.click("form.fields button")
            await page.wait_for_selector(".paper")
            await take(watched, "2-recovery-sheet")


async def rest(watched: Watched, lang: str) -> None:
    """The pages of a place."""
    pages = {
        "3-home": f"/manage/{SLUG}",
        "4-description": f"/manage/{SLUG}/description",
        "5-figures": f"/manage/{SLUG}/figures/2025",
        "6-publish": f"/manage/{SLUG}/publish",
        "7-network": f"/manage/{SLUG}/network",
        "8-public-page": f"/places/{SLUG}",
    }
    with tempfile.TemporaryDirectory() as folder:
        made = sampled(Path(folder) / "node", "site")
        about = place(made.node, SLUG, hours=HOURS, operator=Operator("Association L'Établi"), summary={"fr": SUMMARY})
        add_place(made.node, SLUG, about)
        accounts.change(made.node, "owner", "Claire Martin", lang)
        async with served(made.node) as site:
            await log_in(watched, site.node.config.url, "owner")
            await watched.page.goto(f"{made.node.config.url}/manage/{SLUG}/figures/2025?lang={lang}")
            await watched.page.fill("#events", "38")
            await watched.page.click("form.questions button:not(.quiet)")
            for name, path in pages.items():
                await watched.open(f"{made.node.config.url}{path}?lang={lang}")
                await take(watched, name)


async def main(lang: str) -> None:
    """All eight."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with browsing() as browser, watching(browser, 1000, lang=lang) as watched:
        await first(watched, lang)
        await rest(watched, lang)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "fr"))
