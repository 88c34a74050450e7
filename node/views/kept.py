"""What was worked out for a state of the projections is kept for that state: a page read twice costs once.

Per node, in memory, the latest used of one state. A state is told by `node.rollup.stamp`: what is kept is never out of
date, and goes with its state.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from node.context import Node
from node.rollup.stamp import stamp
from node.store.engine import Store

T = TypeVar("T")
_MOST = 96
_KEPT: WeakKeyDictionary[Store, OrderedDict[tuple[Hashable, ...], Any]] = WeakKeyDictionary()
_TURN = threading.Lock()


def kept(node: Node, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """What `make` gives for the present state; `key` names the question among all others, and must hold all of it."""
    now = stamp(node)
    whole = (now, *key)
    with _TURN:
        mine = _KEPT.setdefault(node.store, OrderedDict())
        if mine and next(iter(mine))[0] != now:
            mine.clear()
        if whole in mine:
            mine.move_to_end(whole)
            found: T = mine[whole]
            return found
    made = make()
    with _TURN:
        mine[whole] = made
        while len(mine) > _MOST:
            mine.popitem(last=False)
    return made
