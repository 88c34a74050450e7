"""The yearly figures by spreadsheet: the sheet to fill in, the one that came back, and the differences to accept."""

import json
from typing import Any

from aiohttp import web

from node.context import Node
from node.exports import tables
from node.importers.refused import FileRefused
from node.people import entries, sheet_words, worksheet, yearbook
from node.people.roles import Right
from node.web import desk, plain, wording
from node.web.desk import Visit
from node.web.manage import said
from node.web.manage.figures import OF_YEAR, address, period_of
from vocab.errors import Mistake
from vocab.model import Observation
from vocab.oddity import say, subject

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_BYTES = 2_000_000


def download(visit: Visit) -> web.Response:
    """The sheet, filled with what is known."""
    period, kind = period_of(visit), visit.request.match_info["kind"]
    known = yearbook.figures(visit.node, visit.place)
    when, last = yearbook.last_before(known, period)
    coded = worksheet.rows(known.get(period, ()), last, visit.lang)
    rows = sheet_words.dressed(coded, when if last else "", visit.lang)
    title, look = wording.period(period, visit.lang), sheet_words.look(rows, visit.lang)
    if kind == "csv":
        body = tables.csv_rows(rows)
    elif kind == "xlsx":
        body = tables.xlsx_rows(rows, title, sheet_words.FROZEN, look)
    else:
        body = tables.ods_rows(rows, title, look)
    name = f"{visit.place}-{period.replace('/', '_')}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type=_TYPES[kind], headers=headers)


def upload(visit: Visit) -> web.Response:
    """Read the sheet; nothing is taken yet, only kept aside for the next page."""
    period, files = period_of(visit), [each for each in visit.files.values() if each.data]
    if not files:
        return visit.go(address(visit.place, period, visit.lang), "figures.sheet.none")
    entries.drop(visit.node, visit.place, _kept(period))
    known = yearbook.figures(visit.node, visit.place)
    others = [figure for other, some in known.items() if other != period for figure in some]
    try:
        coded = sheet_words.undressed(files[0].data)
        read = worksheet.read(coded, period, others)
    except FileRefused as refused:
        return _page(visit, period, files[0].name, wrong=[refused.text(visit.lang)])
    figures = [each for each in read if isinstance(each, Observation)]
    names = sheet_words.lines(coded)
    wrong = [_line(each, names.get(each.field, ""), visit.lang) for each in read if isinstance(each, Mistake)]
    if any(isinstance(each, Mistake) and each.code == "column.missing" for each in read):
        wrong = [plain.said(visit.lang, "figures.sheet.other"), *wrong]
    if wrong:
        return _page(visit, period, files[0].name, wrong=wrong)
    content = json.dumps([figure.to_json() for figure in figures])
    pairs = [("sheet", content), ("file", files[0].name[:120])]
    entries.keep(visit.node, visit.place, _kept(period), pairs, visit.account.id)
    return _differences(visit, period, figures, files[0].name)


def again(visit: Visit) -> web.Response:
    """The differences once more, for whoever changes the language, comes back or opens them in another window."""
    period = period_of(visit)
    kept = entries.kept(visit.node, visit.place, _kept(period))
    if kept is None:
        return visit.go(address(visit.place, period, visit.lang))
    held = dict(kept.pairs)
    return _differences(visit, period, _held(held["sheet"]), held.get("file", ""))


def _held(content: str) -> list[Observation]:
    return [Observation.from_json(each) for each in json.loads(content)]


def _differences(visit: Visit, period: str, figures: list[Observation], file: str) -> web.Response:
    known = yearbook.figures(visit.node, visit.place)
    now = worksheet.taken(known.get(period, ()), figures)
    before = {k: v for k, v in known.items() if k != period}
    odd = yearbook.oddities(visit.node, visit.place, before, now)
    colon = " : " if visit.lang == "fr" else ": "
    checks = [wording.typeset(subject(each, visit.lang) + colon + say(each, visit.lang), visit.lang) for each in odd]
    changes = [
        (each.label, *(figure and said.figure(figure.to_json(), visit.lang) for figure in (each.before, each.after)))
        for each in worksheet.changes(known.get(period, ()), now, visit.lang)
    ]
    return _page(visit, period, file, changes=changes, checks=checks)


def _kept(period: str) -> str:
    return f"sheet/{period.replace('/', '_')}"


def _line(mistake: Mistake, name: str, lang: str) -> str:
    if mistake.code == "report.empty":
        return plain.said(lang, "figures.sheet.empty")
    return wording.typeset(sheet_words.plainly(mistake, name, lang), lang)


def _page(visit: Visit, period: str, file: str, **more: Any) -> web.Response:
    base = f"/manage/{visit.place}/figures/{period.replace('/', '_')}"
    values = {"wrong": [], "changes": (), "checks": []} | more
    shown: dict[str, Any] = {
        "period": wording.period(period, visit.lang),
        "base": base,
        "file": file[:120],
        "here": "figures",
    }
    return visit.page("manage/sheet.html", **(shown | values))


def take(visit: Visit) -> web.Response:
    """Take what the last sheet said, and was shown."""
    period = period_of(visit)
    kept = entries.kept(visit.node, visit.place, _kept(period))
    if kept is None:
        return visit.go(address(visit.place, period, visit.lang), "figures.sheet.gone")
    figures = _held(dict(kept.pairs)["sheet"])
    known = yearbook.figures(visit.node, visit.place)
    now = worksheet.taken(known.get(period, ()), figures)
    wrong = yearbook.mistakes(known, period, now)
    if wrong:
        return _page(visit, period, "", wrong=[_line(each, "", visit.lang) for each in wrong])
    yearbook.keep(visit.node, visit.place, period, now)
    entries.drop(visit.node, visit.place, _kept(period))
    return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/figures"), "figures.sheet.taken")


def routes(node: Node) -> list[web.RouteDef]:
    """The sheet, its return, its acceptance."""
    return [
        *desk.routes(node, OF_YEAR + "/sheet.{kind:csv|xlsx|ods}", Right.SEE, download),
        *desk.routes(node, OF_YEAR + "/sheet", Right.EDIT, again, upload, _BYTES),
        *desk.routes(node, OF_YEAR + "/sheet/take", Right.EDIT, again, take),
    ]
