"""`place export|import|move`: a place goes to live on another node, with all that it said and all who follow it."""

import asyncio
from argparse import Namespace
from pathlib import Path

from node.cli.opening import opened
from node.cli.out import REFUSED, REMOTE, Out, Stop
from node.cli.place import handle
from node.moving import archive, arrival, departure, packing, unpacking
from node.moving.archive import Unfit
from node.moving.unpacking import Luggage
from node.relations import Unreachable


def export(args: Namespace, out: Out) -> int:
    """Write all of a place, its private keys too, into one file."""
    with opened(args, out, role="site") as node:
        try:
            packed = packing.pack(node, args.slug, Path(args.path))
        except OSError as error:
            raise Stop(REFUSED, [out.text("move.cannot_write", path=args.path, why=error.strerror or error)]) from None
        counts = {"documents": packed.documents, "pictures": packed.pictures, "followers": packed.followers}
        out.data({"slug": args.slug, "file": str(packed.path), "bytes": packed.size, **counts})
        out.say("move.packed", path=packed.path, **counts)
        out.say("move.secret")
        out.next("move.packed_next", path=packed.path.name)
    return 0


def import_(args: Namespace, out: Out) -> int:
    """Take in the place of a file; nobody follows it here until its former home has told them."""
    luggage = _read(args.path, out)
    with opened(args, out, role="site") as node:
        arrived = arrival.arrive(node, luggage, args.slug)
        missing = asyncio.run(arrival.hear(node, luggage, arrived.slug))
        address = handle(node, arrived.slug)
        said = {"slug": arrived.slug, "actor": arrived.actor, "handle": address, "former": arrived.former}
        out.data(
            said
            | {"documents": arrived.documents, "pictures": arrived.pictures}
            | {"drafts_left": arrived.left, "not_asked": missing}
        )
        out.say("move.arrived", name=arrived.name, slug=arrived.slug, documents=arrived.documents)
        out.say("place.address", handle=address)
        for name in arrived.left:
            out.say("move.draft_left", name=name)
        for target in missing:
            out.say("move.not_asked", target=target)
        out.next("move.arrived_next", slug=luggage.slug, handle=address, new=arrived.slug)
    return 0


def _read(path: str, out: Out) -> Luggage:
    try:
        with Path(path).open("rb") as file, archive.opened(file) as found:
            read = found if isinstance(found, Unfit) else unpacking.judge(found)
    except OSError:
        raise Stop(REFUSED, [out.text("error.file_missing", path=path)]) from None
    if isinstance(read, Unfit):
        raise Stop(REFUSED, [read.text(out.lang)])
    return read


def move(args: Namespace, out: Out) -> int:
    """Tell all who follow a place of ours where it lives now."""
    with opened(args, out, role="site") as node:
        gone = asyncio.run(departure.depart(node, args.slug, args.target))
        if isinstance(gone, Unreachable):
            raise Stop(REMOTE, [gone.text(out.lang)])
        out.data({"slug": args.slug, "target": gone.target, "queued": gone.told})
        out.say("move.departed", name=gone.name, target=gone.target, told=gone.told)
        out.next("move.departed_next")
    return 0
