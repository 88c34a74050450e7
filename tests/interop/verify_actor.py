"""fediverse-pasture's `verify_actor` on loopback: `python verify_actor.py PORT`, in bovine's environment.

Its own command line binds every address of the machine. Its keys are kept in the folder where it runs.
"""

import asyncio
import json
import sys

from fediverse_pasture.verify_actor import build_app
from hypercorn.asyncio import serve
from hypercorn.config import Config


async def main(port: str) -> None:
    """Answer until the process is stopped."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    app = build_app(only_generate_config=False, domain=config.bind[0], https=False, timeout=10)

    @app.before_serving
    async def ready() -> None:
        print(json.dumps({"ready": port}), flush=True)

    await serve(app, config)


asyncio.run(main(sys.argv[1]))
