"""A file system that forgets what was not synced, so that a power cut can be rehearsed: FUSE's kernel protocol, bare.

    python -m tests.faults.forgetful BACKING MOUNT

The folder BACKING is what is on the platter: it is read at the start and written at the end. Written bytes are on
the platter after `fsync` of their file, names after `fsync` of their folder, as POSIX has it and no kinder. A line on
standard input ends or squeezes it: `cut SEED` (sectors that were never synced are lost or kept as chance has it),
`stop` (a clean unmount), `room BYTES` (only so many more fit).
"""

import ctypes
import errno
import os
import random
import select
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
MAX_WRITE = 1 << 17
_DETACH = 2
_NO_ANSWER = frozenset({2, 36, 42})  # FORGET, INTERRUPT, BATCH_FORGET
_SIZE, _MODE = 1 << 3, 1 << 0  # FATTR_*


@dataclass
class Node:
    """A file or a folder: as it is now, and as it is on the platter."""

    number: int
    mode: int
    data: bytearray = field(default_factory=bytearray)
    names: dict[bytes, "Node"] = field(default_factory=dict)
    kept: bytearray = field(default_factory=bytearray)
    kept_names: dict[bytes, "Node"] = field(default_factory=dict)
    dirty: set[int] = field(default_factory=set)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    def resize(self, size: int) -> None:
        old = len(self.data)
        if size < old:
            del self.data[size:]
        else:
            self.data.extend(bytes(size - old))
        self.dirty.update(range(min(size, old) // SECTOR, max(size, old) // SECTOR + 1))

    def write(self, offset: int, data: bytes) -> None:
        if offset > len(self.data):
            self.resize(offset)
        self.data[offset : offset + len(data)] = data
        self.dirty.update(range(offset // SECTOR, (offset + len(data)) // SECTOR + 1))

    def sync(self) -> None:
        """All of it is on the platter now."""
        self._put(self.dirty)
        del self.kept[len(self.data) :]
        self.dirty.clear()
        self.kept_names = dict(self.names)

    def lose(self, chance: random.Random, share: float) -> None:
        """Power is cut: of what was not synced, `share` of the sectors had been written all the same."""
        self._put({sector for sector in self.dirty if chance.random() < share})

    def _put(self, sectors: set[int]) -> None:
        for sector in sorted(sectors):
            piece = self.data[sector * SECTOR : (sector + 1) * SECTOR]
            if piece:
                self.kept.extend(bytes(max(0, sector * SECTOR - len(self.kept))))
                self.kept[sector * SECTOR : sector * SECTOR + len(piece)] = piece


class Tree:
    """Every node by its number, and how many bytes fit in all."""

    def __init__(self) -> None:
        self.root = Node(1, stat.S_IFDIR | 0o700)
        self.nodes = {1: self.root}
        self.room = 1 << 40

    def make(self, parent: Node, name: bytes, mode: int) -> Node:
        node = Node(len(self.nodes) + 1, mode)
        self.nodes[node.number] = parent.names[name] = node
        return node

    @property
    def size(self) -> int:
        return sum(len(node.data) for node in self.nodes.values())

    def fits(self, more: int) -> None:
        if more > 0 and self.size + more > self.room:
            raise OSError(errno.ENOSPC, "no room")

    def load(self, folder: Path, node: Node) -> None:
        """Read the platter."""
        for path in folder.iterdir():
            child = self.make(node, os.fsencode(path.name), path.stat().st_mode)
            if child.is_folder:
                self.load(path, child)
            else:
                child.data = bytearray(path.read_bytes())
                child.kept = bytearray(child.data)
        node.kept_names = dict(node.names)

    def save(self, folder: Path, node: Node) -> None:
        """Write the platter; what it held before is gone."""
        for path in folder.iterdir():
            _remove(path)
        for name, child in node.kept_names.items():
            path = folder / os.fsdecode(name)
            if child.is_folder:
                path.mkdir(mode=0o700)
                self.save(path, child)
            else:
                path.write_bytes(child.kept)
                path.chmod(stat.S_IMODE(child.mode))


def _remove(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            _remove(child)
        path.rmdir()
    else:
        path.unlink()


def _attributes(node: Node) -> bytes:
    size = len(node.data)
    numbers = (node.mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)
    return struct.pack("<6Q10I", node.number, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, *numbers)


def _entry(node: Node) -> bytes:
    return struct.pack("<4Q2I", node.number, 0, 1, 1, 0, 0) + _attributes(node)


def _name(data: bytes) -> bytes:
    return data.partition(b"\0")[0]


_OPENED = struct.pack("<Q2I", 0, 0, 0)


class Answers:
    """What each request of the kernel is answered, by its number (`linux/fuse.h`)."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.by_opcode: dict[int, Callable[[Node, bytes], bytes]] = {
            1: self._lookup, 3: self._getattr, 4: self._setattr, 9: self._mkdir, 10: self._unlink, 11: self._unlink,
            12: self._rename, 14: self._open, 15: self._read, 16: self._write, 17: self._statfs, 18: self._nothing,
            20: self._fsync, 25: self._nothing, 26: self._init, 27: self._open, 28: self._readdir, 29: self._nothing,
            30: self._fsync, 35: self._create, 38: self._nothing, 45: self._rename2,
        }  # fmt: skip

    def _init(self, _node: Node, data: bytes) -> bytes:
        _, minor, readahead = struct.unpack_from("<3I", data)
        return struct.pack("<4I2H2I2H8I", 7, min(minor, 31), readahead, 0, 16, 12, MAX_WRITE, 1, 32, 0, *[0] * 8)

    def _nothing(self, _node: Node, _data: bytes) -> bytes:
        return b""

    def _lookup(self, node: Node, data: bytes) -> bytes:
        return _entry(self._child(node, _name(data)))

    def _child(self, node: Node, name: bytes) -> Node:
        if name not in node.names:
            raise OSError(errno.ENOENT, "no such name")
        return node.names[name]

    def _getattr(self, node: Node, _data: bytes) -> bytes:
        return struct.pack("<Q2I", 1, 0, 0) + _attributes(node)

    def _setattr(self, node: Node, data: bytes) -> bytes:
        valid, _, _, size = struct.unpack_from("<2I2Q", data)
        if valid & _SIZE:
            self._tree.fits(size - len(node.data))
            node.resize(size)
        if valid & _MODE:
            (mode,) = struct.unpack_from("<I", data, 68)
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        return self._getattr(node, b"")

    def _mkdir(self, node: Node, data: bytes) -> bytes:
        (mode,) = struct.unpack_from("<I", data)
        return _entry(self._tree.make(node, _name(data[8:]), stat.S_IFDIR | stat.S_IMODE(mode)))

    def _unlink(self, node: Node, data: bytes) -> bytes:
        self._child(node, _name(data))
        del node.names[_name(data)]
        return b""

    def _rename(self, node: Node, data: bytes, start: int = 8) -> bytes:
        (target,) = struct.unpack_from("<Q", data)
        old, new = data[start:].split(b"\0")[:2]
        moved = self._child(node, old)
        del node.names[old]
        self._tree.nodes[target].names[new] = moved
        return b""

    def _rename2(self, node: Node, data: bytes) -> bytes:
        return self._rename(node, data, 16)

    def _open(self, _node: Node, _data: bytes) -> bytes:
        return _OPENED

    def _create(self, node: Node, data: bytes) -> bytes:
        _, mode = struct.unpack_from("<2I", data)
        self._tree.fits(1)
        return _entry(self._tree.make(node, _name(data[16:]), stat.S_IFREG | stat.S_IMODE(mode))) + _OPENED

    def _read(self, node: Node, data: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<2QI", data)
        return bytes(node.data[offset : offset + size])

    def _write(self, node: Node, data: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<2QI", data)
        self._tree.fits(offset + size - len(node.data))
        node.write(offset, data[40 : 40 + size])
        return struct.pack("<2I", size, 0)

    def _fsync(self, node: Node, _data: bytes) -> bytes:
        node.sync()
        return b""

    def _statfs(self, _node: Node, _data: bytes) -> bytes:
        free = max(0, self._tree.room - self._tree.size) // 4096
        return struct.pack("<5Q4I6I", free, free, free, 1 << 20, 1 << 20, 4096, 255, 4096, 0, *[0] * 6)

    def _readdir(self, node: Node, data: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<2QI", data)
        found = b""
        for place, (name, child) in enumerate(list(node.names.items())[offset:], offset + 1):
            head = struct.pack("<2Q2I", child.number, place, len(name), stat.S_IFMT(child.mode) >> 12)
            entry = head + name + bytes(-len(name) % 8)
            if len(found) + len(entry) > size:
                break
            found += entry
        return found


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in [*node.names.values(), *node.kept_names.values()]:
        yield from _walk(child)


def _answer(device: int, tree: Tree, answers: Answers) -> bool:
    """Answer one request; False once the file system is unmounted."""
    try:
        request = os.read(device, MAX_WRITE + 4096)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
            return True
        return error.errno != errno.ENODEV
    _, opcode, unique, number = struct.unpack_from("<2I2Q", request)
    if opcode in _NO_ANSWER:
        return True
    code, said = 0, b""
    try:
        act = answers.by_opcode.get(opcode)
        if act is None:
            raise OSError(errno.ENOSYS, "not answered")
        said = act(tree.nodes.get(number, tree.root), request[40:])
    except OSError as error:
        code = error.errno or errno.EIO
    os.write(device, struct.pack("<IiQ", 16 + len(said), -code, unique) + said)
    return True


def _end(tree: Tree, line: str) -> bool:
    """Do what a line of standard input says; whether that was the end."""
    word, _, number = line.partition(" ")
    if word == "room":
        tree.room = tree.size + int(number)
        return False
    if word == "cut":
        chance = random.Random(int(number))
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        for node in {node.number: node for node in _walk(tree.root)}.values():
            node.lose(chance, share)
    else:
        for node in _walk(tree.root):
            node.sync()
    return True


def mount(libc: ctypes.CDLL, point: Path) -> int:
    """Mount there; the descriptor on which the kernel asks."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other"
    if libc.mount(b"forgetful", os.fsencode(point), b"fuse", 6, options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return device


def main(backing: Path, point: Path) -> None:
    """Serve until told to end; nothing is answered after a cut."""
    libc, tree = ctypes.CDLL(None, use_errno=True), Tree()
    tree.load(backing, tree.root)
    device = mount(libc, point)
    print("mounted", flush=True)
    answers, waiting = Answers(tree), select.poll()
    for descriptor in (device, sys.stdin.fileno()):
        waiting.register(descriptor, select.POLLIN)
    is_mounted = True
    while is_mounted:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        if sys.stdin.fileno() in ready:
            line = sys.stdin.readline().strip() or "cut 0"
            if _end(tree, line):
                break
            print("done", flush=True)
        if device in ready:
            is_mounted = _answer(device, tree, answers)
    libc.umount2(os.fsencode(point), _DETACH)
    os.close(device)
    tree.save(backing, tree.root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
