"""Files that are sent to a page of a manager, or taken from it, by somebody who means harm."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import FormData

from node.importers.table import as_csv
from node.people import yearbook
from tests.node.desk import SLUG, Site, populated, served
from tests.vocab.test_richtext import Seen
from vocab.model import Observation

VISITS = Observation("visits", "2025", Decimal(12), "{visit}")
YEAR = f"/manage/{SLUG}/figures/2025"
FORMULAS = ("=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1", "'=1")
_NESTED = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a0 "ha">{_NESTED}]>'
READS = '<!DOCTYPE x [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        opened.come_in("owner")
        yield opened


async def sheet(site: Site, kind: str) -> dict[str, bytes]:
    """The parts of the sheet that the page gives."""
    with zipfile.ZipFile(io.BytesIO(await (await site.get(f"{YEAR}/sheet.{kind}")).read())) as read:
        return {name: read.read(name) for name in read.namelist()}


def again(parts: dict[str, bytes], name: str, text: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as write:
        for each, content in (parts | {name: text}).items():
            write.writestr(each, content)
    return made.getvalue()


async def sent(site: Site, body: bytes, name: str = "x.xlsx") -> str:
    form = FormData()
    form.add_field("file", body, filename=name, content_type="application/octet-stream")
    answer = await site.post(f"{YEAR}/sheet", form)
    assert answer.status == 200
    return await answer.text()


def unfolding(text: bytes) -> dict[str, bytes]:
    """The same sheet, a few kilobytes long, that would fill any memory or read a file of ours."""
    bare = text.partition(b"?>")[2] if text.startswith(b"<?xml") else text
    cell = b'<table:table-cell table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p>'
    row = b'<table:table-row table:number-rows-repeated="1000000">' + cell + b"</table:table-cell></table:table-row>"
    return {
        "laughs": LAUGHS.encode() + bare.replace(b">Question<", b">&a9;<"),
        "reads": READS.encode() + bare.replace(b">Question<", b">&a9;<"),
        "far": bare.replace(b'r="A2"', b'r="XFD1048576"').replace(b"</table:table>", row + b"</table:table>"),
        "cut": bare[: len(bare) // 2],
    }


@pytest.mark.parametrize(("kind", "name"), [("xlsx", "xl/worksheets/sheet1.xml"), ("ods", "content.xml")])
async def test_a_sheet_that_unfolds_is_refused_in_words(site: Site, kind: str, name: str) -> None:
    yearbook.keep(site.node, SLUG, "2025", (VISITS,))
    parts = await sheet(site, kind)
    for how, text in unfolding(parts[name]).items():
        html = await sent(site, again(parts, name, text), f"x.{kind}")
        assert "Rien n’a été pris" in html, how
        assert "root:" not in html
    assert yearbook.figures(site.node, SLUG) == {"2025": (VISITS,)}
    assert "Rien n’a été pris" not in await sent(site, again(parts, name, parts[name]), f"x.{kind}")


async def test_the_name_of_a_file_is_shown_and_is_no_path(site: Site) -> None:
    before = {path for path in site.node.dir.parent.rglob("*") if "cache" not in path.parts}
    for name in ("../../../tmp/evil.csv", "/etc/evil.csv", '"><evil onload=alert(1)>.csv', "C:\\evil.csv"):
        html = await sent(site, b"indicator;value\nvisits;12\n", name)
        assert "evil" not in Seen(html).tags
    assert {path for path in site.node.dir.parent.rglob("*") if "cache" not in path.parts} == before


async def test_more_than_a_sheet_may_be_is_not_read(site: Site) -> None:
    form = FormData()
    form.add_field("file", io.BytesIO(b" " * 3_000_000), filename="x.csv")
    assert (await site.post(f"{YEAR}/sheet", form)).status == 413
    many = FormData()
    for n in range(6_000):
        many.add_field(f"f{n}", "x")
    many.add_field("file", b"x", filename="x.csv")
    assert (await site.post(f"{YEAR}/sheet", many)).status in (400, 413)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
@pytest.mark.parametrize("formula", FORMULAS)
async def test_no_cell_of_a_sheet_acts(site: Site, kind: str, formula: str) -> None:
    said = Observation("visits", "2025", Decimal(-12), "{visit}", method=formula, breakdown=(("audience", formula),))
    yearbook.keep(site.node, SLUG, "2025", (said,))
    body = await (await site.get(f"{YEAR}/sheet.{kind}")).read()
    if kind == "xlsx":
        assert b"<f>" not in (await sheet(site, kind))["xl/worksheets/sheet1.xml"]
    elif kind == "ods":
        assert b"table:formula" not in (await sheet(site, kind))["content.xml"]
    lines = csv.reader(io.StringIO(as_csv(body).decode("utf-8-sig"), newline=""), delimiter=";")
    cells = [cell for line in lines for cell in line]
    assert "-12" in cells
    assert any(formula.strip() in cell for cell in cells)
    assert {cell for cell in cells if cell.startswith(("=", "+", "@", "-", "\t", "\r", "＝"))} == {"-12"}
