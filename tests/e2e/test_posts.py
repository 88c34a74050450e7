"""The pages of posts in a real browser, at 360 and 1280 px, in both languages, light and dark."""

from collections.abc import Iterator

import pytest
from aiohttp.test_utils import TestServer

from node.app import build_app
from node.context import Node, init_node
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from tests.e2e.play import browsing, watching
from tests.e2e.test_pages import fits
from tests.node.net import place
from tests.node.test_posts import say
from tests.shape import ROOT

ARTICLE = """---
titre: Partager un broyeur à végétaux entre trois lieux, sans se fâcher
résumé: Ce qui a marché, et ce que nous referions autrement
---
En 2024, **un broyeur** à trois : [la convention](https://etabli.example/c).

# Le calendrier

Sur https://agenda.example/broyeur/une-adresse-vraiment-tres-longue-qui-ne-tient-pas-sur-une-ligne-de-telephone-portable

> Le classeur a tout changé.

```
lundi   : Guéret          mardi : La Souterraine          mercredi : Aubusson         jeudi : entretien
```

1. un
2. deux
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = init_node(tmp_path_factory.mktemp("posts") / "site", "https://etabli.example", ("site",), "L'Établi", {})
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    event = (ROOT / "examples/one_site/event.md").read_text(encoding="utf-8")
    say(node, "article", ARTICLE)
    say(node, "event", event)
    say(node, "event", event.replace("titre: Atelier vélo", "titre: Bal\nstatut: annulé"))
    say(node, "note", "Fermé **lundi**.")
    catch_up(node)
    yield node
    node.close()


PATHS = (
    "/places/etabli",
    "/places/etabli/posts",
    "/places/etabli/posts/atelier-velo",
    "/places/etabli/posts/bal",
    "/places/etabli/posts/ferme-lundi",
    "/places/etabli/posts/partager-un-broyeur-a-vegetaux-entre-trois-lieux-sans-se",
)


async def test_pages_of_posts_fit_and_can_be_used(site: Node) -> None:
    async with TestServer(build_app(site)) as server, browsing() as browser:
        base = str(server.make_url("/")).rstrip("/")
        for width, lang, dark in ((360, "fr", False), (360, "en", True), (1280, "fr", True), (1280, "en", False)):
            async with watching(browser, width, dark, lang) as watched:
                for path in PATHS:
                    await watched.open(f"{base}{path}?lang={lang}")
                    await fits(watched, f"{path} {width} {lang} {'dark' if dark else 'light'}")
