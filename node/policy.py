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
    listed = config.hears_listed_only()
    return Policy(config.block | block, config.allow | allow if listed else frozenset(), listed)


class Rates:
    """What each origin has said of late. Counted once it is proved who speaks, so that nobody can spend another's.

    The loopback peers of a trial are not counted: they share one address.
    """

    __slots__ = ("_buckets", "_exempt", "_rate")

    def __init__(self, config: Config) -> None:
        self._rate = Rate(config.rate, config.burst)
        self._buckets: OrderedDict[object, Bucket] = OrderedDict()
        self._exempt = frozenset(origin(f"http://{peer}") for peer in config.loopback_peers)

    def judge(self, actor: str) -> Refused | None:
        """`too_many`, with the seconds to wait, or None and one message less to say."""
        name = origin(actor)
        if name in self._exempt:
            return None
        bucket, early = spend(self._buckets.get(name), self._rate, monotonic())
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return _too_many(early)

    def foresee(self, claimed: str) -> Refused | None:
        """The same of an origin that a message claims, before anything is proved: nothing is spent."""
        try:
            bucket = self._buckets.get(origin(claimed))
        except ValueError:
            return None
        return None if bucket is None else _too_many(spend(bucket, self._rate, monotonic())[1])


def _too_many(early: float) -> Refused | None:
    return refuse("too_many", f"{early:.0f} s", wait=early) if early else None
