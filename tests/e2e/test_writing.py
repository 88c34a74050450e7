"""Writing for everybody in a real browser: a picture with its words, seen first, published, corrected, taken back."""

from pathlib import Path

import pytest

from node.people import entries
from node.posts import list_all
from node.project import catch_up
from node.publish import publish
from tests.e2e.hands import Keyboard, Pointer
from tests.e2e.play import browsing, come_in, watching
from tests.e2e.test_pages import fits
from tests.node.desk import SLUG, populated, served
from tests.node.test_writing import photo

TEXT = "Le **four** est allumé"
PUBLISH, SEE = 'button[value="publish"]', 'button[value="preview"]'
LOADED = "[...document.images].map(image => image.complete && image.naturalWidth > 0)"


@pytest.mark.parametrize(("width", "lang", "script"), [(360, "fr", False), (1280, "en", True)])
async def test_a_practice_with_a_picture(tmp_path: Path, width: int, lang: str, script: bool) -> None:
    picture = tmp_path / "four.jpg"
    picture.write_bytes(photo((1200, 900)))
    node = populated(tmp_path / "node")
    publish(node)
    async with served(node) as site, browsing() as browser:
        base = site.node.config.url
        async with watching(browser, width, width > 600, lang, script) as watched:
            page, hand = watched.page, Pointer(watched) if width < 600 else Keyboard(watched)
            await come_in(watched, site, "editor")
            await watched.open(f"{base}/manage/{SLUG}/posts/new?kind=article&lang={lang}")
            await fits(watched, page.url)
            await hand.choose("#file", picture)
            await hand.fill("#title", "Rallumer le four")
            await hand.fill("#text", TEXT)
            await hand.press(SEE)
            assert await page.locator("#alt-wrong").is_visible()
            await fits(watched, "without the words of the picture")
            await hand.choose("#file", picture)
            await hand.fill("#alt", "Le four, porte ouverte")
            await hand.press(SEE)
            assert await page.locator(".seen strong").inner_text() == "four"
            assert await watched.ask(LOADED) == [True, True]
            await fits(watched, "seen first")
            await hand.press(PUBLISH)
            await fits(watched, "published")
            catch_up(node)
            for path in (f"/places/{SLUG}", f"/places/{SLUG}/posts/rallumer-le-four"):
                await watched.open(f"{base}{path}?lang={lang}")
                await page.locator('img[alt="Le four, porte ouverte"]').scroll_into_view_if_needed()
                await page.wait_for_load_state("networkidle")
                assert await watched.ask(LOADED) == [True]
                await fits(watched, path)
            await watched.open(f"{base}/manage/{SLUG}/posts/rallumer-le-four?lang={lang}")
            assert await page.input_value("#text") == TEXT
            await hand.tick('input[name="sure"]')
            await hand.press('button[value="delete"]')
            assert list_all(node, SLUG) == []


async def test_what_is_typed_is_kept_and_given_up(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    publish(node)
    async with served(node) as site, browsing() as browser, watching(browser, 360) as watched:
        base, page = site.node.config.url, watched.page
        await come_in(watched, site, "editor")
        await watched.open(f"{base}/manage/{SLUG}/posts/new?kind=note&lang=fr")
        async with page.expect_response("**/entries/posts/new-note"):
            await page.fill("#text", "À finir")
        await watched.open(f"{base}/manage/{SLUG}/posts?lang=fr")
        await page.get_by_text("commencé").wait_for()
        await watched.open(f"{base}/manage/{SLUG}/posts/new?kind=note&lang=fr")
        assert await page.input_value("#text") == "À finir"
        await Pointer(watched).press('button[value="forget"]')
        assert entries.of(node, SLUG) == []
        watched.is_quiet()
