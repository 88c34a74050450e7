"""Peers that behave badly on real sockets: one that drips, one that is silent, one that hangs up, one that answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.federation.web import Site

Conduct = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@dataclass
class Peer(Site):
    """`asked_times`: how many requests reached it; `pause`: seconds between two bytes of one that drips."""

    conduct: Conduct | None = None
    pause: float = 1.0
    requests: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.conduct is not None
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.conduct(self, reader, writer)
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader) -> None:
        """One whole request."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        self.requests.append(head + await reader.readexactly(length))


async def answers(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await peer.read(reader)
    writer.write(ANSWER)
    await writer.drain()


async def drips(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The right answer, a byte at a time."""
    await peer.read(reader)
    for byte in ANSWER:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(peer.pause)


async def says_no_more(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The status, and then the body a byte at a time: what counts was said."""
    await peer.read(reader)
    head, _, body = ANSWER.partition(b"\r\n\r\n")
    writer.write(head.replace(b"Length: 2", b"Length: 100") + b"\r\n\r\n")
    for byte in body * 50:
        await writer.drain()
        await asyncio.sleep(peer.pause)
        writer.write(bytes([byte]))


async def is_silent(peer: Peer, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await peer.read(reader)
    await asyncio.sleep(3600)


async def hangs_up(_peer: Peer, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Resets the connection at once."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def breaks_off(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes in the middle of its answer's head."""
    await peer.read(reader)
    writer.write(ANSWER[:20])
    await writer.drain()


@asynccontextmanager
async def peer(conduct: Conduct, pause: float = 1.0) -> AsyncIterator[Peer]:
    """One peer on a port of its own; whatever it still does ends with the block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    made = Peer(f"127.0.0.1:{listener.getsockname()[1]}", conduct=conduct, pause=pause)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(connected, sock=listener)
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
