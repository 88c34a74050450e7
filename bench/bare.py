"""`python -m bench.bare PORT`: the least an aiohttp server can do with a POST: read it, answer 202. The baseline."""

import sys

from aiohttp import web

from node.testrig import HOST


async def _taken(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


def main(port: int) -> None:
    """Serve until it is stopped."""
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/{any:.*}", _taken)
    app.router.add_get("/", _taken)
    web.run_app(app, host=HOST, port=port, access_log=None, print=lambda *_: None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
