"""Whom this node hears: what its configuration says, what was said since, and how often one origin may speak."""

from collections import OrderedDict
from functools import lru_cache
from time import monotonic

from federation.activity import origin
from federation.errors import Refused, refuse
from federation.policy import Policy
from federation.rates import Bucket, Rate, spend
from node.config import Config
from node.context import Node

_MOST = 20_000  # origins remembered; the one that has been silent longest is forgotten first


def policy(node: Node) -> Policy:
    """Whom this node refuses now."""
    return _policy(node.config, *node.store.host_rules.now())


@lru_cache(maxsize=64)
def _policy(config: Config, block: frozenset[str], allow: frozenset[str]) -> Policy:
    """A list in the configuration restricts as soon as it names somebody; one made by hand, once it is switched on."""
    listed = config.allow_list or bool(config.allow)
    return Policy(config.block | block, config.allow | allow if listed else frozenset(), listed)


class Rates:
    """What each origin has said of late. Counted once it is proved who speaks, so that nobody can spend another's."""

    __slots__ = ("_buckets", "_rate")

    def __init__(self, config: Config) -> None:
        self._rate = Rate(config.rate, config.burst)
        self._buckets: OrderedDict[object, Bucket] = OrderedDict()

    def judge(self, actor: str) -> Refused | None:
        """`too_many`, with the seconds to wait, or None."""
        name = origin(actor)
        bucket, early = spend(self._buckets.get(name), self._rate, monotonic())
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return refuse("too_many", f"{early:.0f} s", wait=early) if early else None
