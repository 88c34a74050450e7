"""Whether the process lives, and whether it does its work."""

from aiohttp import web
from sqlalchemy import func, select

from node.context import Node
from node.project import behind
from node.store.schema import deliveries


async def alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def routes(node: Node) -> list[web.RouteDef]:
    """`/healthz` asks nothing of the disk; `/readyz` says what waits."""

    async def ready(_request: web.Request) -> web.Response:
        waiting = select(func.count()).select_from(deliveries).where(deliveries.c.state == "queued")
        with node.store.read() as connection:
            queued = connection.execute(waiting).scalar_one()
        said = {"ready": True, "deliveries_waiting": queued, "entries_to_project": behind(node)}
        return web.json_response(said, headers={"Cache-Control": "no-store"})

    return [web.get("/healthz", alive), web.get("/readyz", ready)]
