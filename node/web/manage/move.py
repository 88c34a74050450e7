"""A place goes to live elsewhere: its file, to take along; then the announcement to all who follow it."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from aiohttp import web

from node.context import Node
from node.moving import departure, packing
from node.moving.departure import NotThere
from node.people import audit
from node.people.roles import Right
from node.relations import Unreachable
from node.web import desk
from node.web.desk import HEADERS, Visit
from node.web.plain import link, said

_PIECE = 1 << 16


def show(visit: Visit, field: str = "", problem: str = "") -> web.Response:
    """The three steps; `problem`: what to mend about a field."""
    target = visit.form.get("target", "").strip()
    return visit.page("manage/move.html", here="team", field=field, problem=problem, target=target)


async def act(visit: Visit) -> web.StreamResponse:
    """Give the file, or announce the move."""
    if visit.form.get("do") == "export":
        return await _give(visit)
    if visit.form.get("do") == "depart":
        return await _depart(visit)
    return await asyncio.to_thread(show, visit)


async def _give(visit: Visit) -> web.StreamResponse:
    """The file, in pieces; nothing of it stays on this machine."""
    file = await asyncio.to_thread(_packed, visit)
    with file:
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="{visit.place}.zip"'}
        response = web.StreamResponse(headers=headers | {"Content-Type": "application/zip"})
        response.content_length = file.seek(0, 2)
        file.seek(0)
        await response.prepare(visit.request)
        while piece := await asyncio.to_thread(file.read, _PIECE):
            await response.write(piece)
        await response.write_eof()
    return response


def _packed(visit: Visit) -> BinaryIO:
    with TemporaryDirectory(dir=visit.node.dir) as folder:
        packed = packing.pack(visit.node, visit.place, Path(folder) / "place.zip")
        audit.note(visit.node, visit.account.id, "exported", visit.place)
        return packed.path.open("rb")


async def _depart(visit: Visit) -> web.Response:
    target = visit.form.get("target", "").strip()
    if not target or len(target) > 500:
        return await _again(visit, "target", said(visit.lang, "manage.move.target.missing"))
    if not visit.form.get("sure"):
        return await _again(visit, "sure", said(visit.lang, "manage.move.sure.missing"))
    try:
        gone = await departure.depart(visit.node, visit.place, target)
    except NotThere as refused:
        return await _again(visit, "target", refused.text(visit.lang))
    if isinstance(gone, Unreachable):
        return await _again(visit, "target", gone.why(visit.lang))
    await asyncio.to_thread(audit.note, visit.node, visit.account.id, "departed", visit.place, who=gone.target)
    here = link(visit.lang, f"/manage/{visit.place}/move")
    return await asyncio.to_thread(visit.go, here, "manage.move.departed", target=gone.target, told=gone.told)


async def _again(visit: Visit, field: str, problem: str) -> web.Response:
    return await asyncio.to_thread(show, visit, field, problem)


def routes(node: Node) -> list[web.RouteDef]:
    """`/manage/SLUG/move`; what is closed can still be taken away."""
    return desk.routes(node, "/manage/{slug:[a-z0-9_]{1,30}}/move", Right.OWN, show, act, closed_too=True)
