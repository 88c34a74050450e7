"""A bovine actor at PORT/bob: `python bovine_actor.py PORT`, told what to do in JSON lines.

Runs in bovine's own environment. It says that it implements the network's vocabulary, so that documents with their
proofs are sent to it.
"""

import asyncio
import json
import sys
from typing import Any

import aiohttp
from aiohttp import web
from bovine import BovineActor
from bovine.activitystreams import Actor, factories_for_actor_object
from bovine.clients import lookup_uri_with_webfinger
from bovine.crypto import (
    build_validate_http_signature_raw,
    generate_ed25519_private_key,
    generate_rsa_public_private_key,
    private_key_to_did_key,
)
from bovine.crypto.helper import jcs_sha256
from bovine.crypto.multibase import multibase_decode
from bovine.crypto.types import CryptographicIdentifier, CryptographicSecret
from bovine.utils import webfinger_response_json

JSON = "application/activity+json"
IMPLEMENTS = "https://w3id.org/tierslieux/ns#"


class Bob:
    """The actor, what it received, and what it can be told: each public method is an action."""

    def __init__(self, origin: str) -> None:
        self._id, self._made, self._received = f"{origin}/bob", 0, []
        public, private = generate_rsa_public_private_key()
        proving = generate_ed25519_private_key()
        self._secret = CryptographicSecret.from_multibase(self._id + "#ed25519-key", proving)
        multikey = private_key_to_did_key(proving).removeprefix("did:key:")
        method = {"id": self._id + "#ed25519-key", "type": "Multikey", "controller": self._id}
        self.document = Actor(
            id=self._id,
            preferred_username="bob",
            name="Bob",
            inbox=self._id + "/inbox",
            outbox=self._id + "/outbox",
            followers=self._id + "/followers",
            public_key=public,
            public_key_name="main-key",
            properties={
                "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
                "assertionMethod": [method | {"publicKeyMultibase": multikey}],
                "implements": [{"type": "Link", "href": IMPLEMENTS}],
            },
        ).build()
        self._activities, self._objects = factories_for_actor_object(self.document, self._name)
        self._client = BovineActor(actor_id=self._id, public_key_url=self._id + "#main-key", secret=private)

    def _name(self) -> str:
        self._made += 1
        return f"{self._id}/{self._made}"

    async def start(self) -> None:
        await self._client.init()
        self._validate = build_validate_http_signature_raw(self._key)

    async def _key(self, key_id: str) -> CryptographicIdentifier:
        """The key of another actor, listed in its document under that id."""
        document = await self._client.get(key_id)
        key = document.get("publicKey", document)
        assert key["id"] == key_id
        return CryptographicIdentifier.from_public_key(key)

    async def inbox(self, request: web.Request) -> web.Response:
        owner = await self._validate(request.method, str(request.url), request.headers, request.read)
        activity = json.loads(await request.read())
        if owner is None or owner != activity["actor"]:
            return web.Response(status=401)
        self._received.append(activity)
        if activity["type"] == "Follow":
            accept = self._activities.accept(activity).build()
            asyncio.get_running_loop().create_task(self._send(activity["actor"], accept))
        return web.Response(status=202)

    async def _send(self, to: str, activity: dict[str, Any]) -> str:
        target = await self._client.get(to)
        await self._client.post(target["inbox"], activity)
        return activity["id"]

    async def received(self) -> list[dict[str, Any]]:
        return self._received

    async def find(self, handle: str, host: str) -> str | None:
        """The actor of a handle, over WebFinger."""
        async with aiohttp.ClientSession() as session:
            return (await lookup_uri_with_webfinger(session, "acct:" + handle, f"http://{host}"))[0]

    async def read(self, url: str) -> Any:
        """What a URL answers to a signed GET."""
        return await self._client.get(url)

    async def collection(self, url: str) -> list[Any]:
        return (await self._client.get_ordered_collection(url))["items"]

    async def follow(self, actor: str) -> str:
        return await self._send(actor, self._activities.follow(actor).build())

    async def undo(self, to: str, activity: str) -> str:
        return await self._send(to, self._activities.undo(activity).build())

    async def create(self, to: str, content: str) -> str:
        note = self._objects.note(content=content).as_public().build()
        await self._send(to, self._activities.create(note).build())
        return note["id"]

    async def update(self, to: str, note: str, content: str) -> str:
        changed = self._objects.note(content=content).as_public().build() | {"id": note}
        return await self._send(to, self._activities.update(changed).build())

    async def announce(self, to: str, iri: str) -> str:
        return await self._send(to, self._activities.announce(iri).as_public().build())

    async def delete(self, to: str, iri: str) -> str:
        return await self._send(to, self._activities.delete(iri).build())

    async def say(self, to: str, document: dict[str, Any], proved: bool = True) -> str:
        """A Create of a document, with bovine's proof of it (FEP-8b32) unless not `proved`."""
        said = self._secret.sign_document(document) if proved else document
        return await self._send(to, self._activities.create(said).build())

    async def verify(self, document: dict[str, Any]) -> bool:
        """Whether an object proof holds, by the key that its method names.

        bovine 0.5.19 forgets the `@context` that a proof copies (it hashes the name of its own field), so its
        `verify_document` refuses every proof made by the letter of eddsa-jcs-2022: its parts are put together here.
        """
        proof = document["proof"]
        owner = await self._client.get(proof["verificationMethod"].partition("#")[0])
        (key,) = (key for key in owner["assertionMethod"] if key["id"] == proof["verificationMethod"])
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        plain = {name: value for name, value in document.items() if name != "proof"}
        identifier = CryptographicIdentifier.from_multikey(key)
        signed = jcs_sha256(options) + jcs_sha256(plain)
        return identifier.verify(signed, multibase_decode(proof["proofValue"])) == owner["id"]


async def main(port: str) -> None:
    """Answer on the port, and do what the lines of standard input say."""
    bob = Bob(f"http://127.0.0.1:{port}")
    await bob.start()
    app = web.Application()
    account = f"acct:bob@127.0.0.1:{port}"

    async def webfinger(request: web.Request) -> web.Response:
        if request.query.get("resource") != account:
            raise web.HTTPNotFound
        return web.json_response(webfinger_response_json(account, bob.document["id"]))

    async def actor(_: web.Request) -> web.Response:
        return web.json_response(bob.document, content_type=JSON)

    app.add_routes([web.get("/.well-known/webfinger", webfinger), web.get("/bob", actor)])
    app.add_routes([web.post("/bob/inbox", bob.inbox)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    print(json.dumps({"ready": port}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        try:
            answer = {"answer": await getattr(bob, told.pop("do"))(**told)}
        except Exception as error:  # noqa: BLE001 - the test that asked is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main(sys.argv[1]))
