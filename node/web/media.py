"""`/media/NAME`: the pictures of the places of this node, each under a name that never serves another."""

import asyncio

from aiohttp import web

from node.context import Node
from node.media import files

_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def routes(node: Node) -> list[web.RouteDef]:
    """One address."""

    async def picture(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        kept = await asyncio.to_thread(files.named, node, name)
        path = None if kept is None else files.folder(node) / name
        if kept is None or path is None or not path.exists():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_HEADERS | {"Content-Type": kept.type})

    return [web.get("/media/{name:[0-9a-f]{32}(?:-small)?\\.(?:jpg|png)}", picture)]
