"""A page in its three dresses, over real HTTP."""

import csv
import io
from pathlib import Path

from aiohttp import ClientSession, web

from node.app import runner_of
from node.context import Node, init_node
from node.web import plain, sheet
from node.web.sheet import Asked, Sheet, Wrong
from tests.node.net import free_ports


def made(node: Node, asked: Asked) -> Sheet | Wrong | None:
    name = asked.path.get("name", "")
    if name == "nobody":
        return None
    if "bad" in asked.query:
        return Wrong("Mauvaise question", "essayez sans")
    rows = [{"name": "=1+1", "value": "-3.5", "is_open": True, "methods": ("a", "b"), "missing": None}]
    html = lambda: plain.render(node, "wrong.html", asked.lang, title="Titre", detail=str(asked.files))  # noqa: E731
    return Sheet({"rows": len(rows)}, ("name", "value", "is_open", "methods", "missing"), rows, html)


async def test_three_dresses(tmp_path: Path) -> None:
    node = init_node(tmp_path / "n", "https://council.example", ("aggregator",), "Conseil", {})
    app = web.Application()
    app.add_routes([*sheet.routes(node, "/", made), *sheet.routes(node, "/things/{name:[a-z]+}", made)])
    runner, port = runner_of(app), free_ports(1)[0]
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with ClientSession(f"http://127.0.0.1:{port}") as client:
        page = await client.get("/things/it?lang=fr&year=2025")
        assert page.content_type == "text/html"
        assert "/things/it.csv?lang=fr&amp;year=2025" in await page.text()
        assert "/index.json" in await (await client.get("/")).text()
        said = await (await client.get("/things/it.json?year=2025")).json()
        assert said["id"] == "https://council.example/things/it.json?year=2025"
        assert (said["license"], said["rows"]) == (sheet.LICENSE, 1)
        table = await client.get("/index.csv")
        (row,) = csv.DictReader(io.StringIO(await table.text()))
        assert row == {"name": "'=1+1", "value": "-3.5", "is_open": "1", "methods": "a b", "missing": ""}
        for path, kind in (("/things/nobody", "text/html"), ("/things/nobody.json", "application/problem+json")):
            answer = await client.get(path)
            assert (answer.status, answer.content_type) == (404, kind)
        for path in ("/?bad=1", "/index.csv?bad=1"):
            answer = await client.get(path)
            assert answer.status == 400
            assert "essayez sans" in await answer.text()
    await runner.cleanup()
    node.close()
