"""axe-core over every page: no violation of WCAG 2.2 A and AA, in both languages, at both widths, light and dark."""

import json
import os
from pathlib import Path

import pytest

from tests.e2e.play import browsing, come_in, watching
from tests.e2e.samples import Sampled, sampled
from tests.node.desk import served

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
  .then(found => found.violations.map(v => [v.id, ...v.nodes.slice(0, 3).map(n => n.html.slice(0, 150))].join('; ')))"""
FULL = bool(os.environ.get("MAILLAGE_FULL"))
COMBINATIONS = [(360, "fr", False), (1280, "en", True)]
ALL = [(width, lang, dark) for width in (360, 1280) for lang in ("fr", "en") for dark in (False, True)]


@pytest.fixture
def everything(tmp_path: Path) -> Sampled:
    return sampled(tmp_path / "node")


@pytest.mark.parametrize(("width", "lang", "dark"), ALL if FULL else COMBINATIONS)
async def test_no_page_keeps_anybody_out(everything: Sampled, width: int, lang: str, dark: bool) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm is absent, or `make tests/e2e/axe/node_modules` failed")
    axe, node = AXE.read_text(encoding="utf-8"), everything.node
    wrong, seen = [], 0
    async with served(node) as site, browsing() as browser, watching(browser, width, dark, lang) as watched:
        await come_in(watched, site, "host")
        for path in everything.paths:
            status = await watched.open(f"{node.config.url}{path}{'&' if '?' in path else '?'}lang={lang}")
            kind = await watched.ask("document.contentType")
            if kind != "text/html" or status == 404:
                continue
            seen += 1
            assert status == 200, path
            watched.is_quiet()
            await watched.ask(axe + "; 1")
            found = await watched.ask(RUN)
            wrong += [f"{path}: {each}" for each in found]
            if not await watched.ask("document.documentElement.scrollWidth <= innerWidth"):
                wrong.append(f"{path}: wider than {width}")
    assert seen > 30, seen
    assert wrong == [], json.dumps(wrong, indent=1, ensure_ascii=False)
