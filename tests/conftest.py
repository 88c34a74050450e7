"""What every test shares: a seeded slice by default, the whole of a slow suite with MAILLAGE_FULL=1."""

import os
from collections.abc import Iterator
from itertools import cycle

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import HealthCheck, settings

from federation import keys

FULL = os.environ.get("MAILLAGE_FULL") == "1"

_CALM = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
settings.register_profile("slice", max_examples=30, derandomize=True, deadline=None, suppress_health_check=_CALM)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_CALM)
settings.load_profile("full" if FULL else "slice")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the slow suites out of the slice, and say so."""
    if FULL:
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="a slow suite whole: make test-full"))


@pytest.fixture
def full() -> bool:
    """Whether slow suites run whole; a test that loops takes a seeded slice otherwise."""
    return FULL


@pytest.fixture(scope="session", autouse=True)
def rsa_keys_serve_again() -> Iterator[None]:
    """The slice makes 64 RSA keys a process, then takes them in turn: a fifth of its time went into making more."""
    made = cycle(generate_private_key(65537, keys.RSA_BITS) for _ in range(64))
    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            patch.setattr(keys, "generate_private_key", lambda *_: next(made))
        yield
