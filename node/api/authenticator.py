"""How a POST route knows who speaks: each declares exactly one way, and a test fails for one that declares none."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
_NAME = "authenticated_by"


class Authenticator(StrEnum):
    """The ways there are."""

    HTTP_SIGNATURE = "http-signature"
    SESSION_AND_ORIGIN = "session-and-origin"
    TOKEN = "token"  # noqa: S105 - the name of a way, not a secret
    SIGNED_NOTE = "signed-note"
    PUBLIC_READ_ONLY = "public-read-only"


def authenticated(by: Authenticator) -> Callable[[Handler], Handler]:
    """Declare how a handler knows who speaks."""

    def declare(handler: Handler) -> Handler:
        setattr(handler, _NAME, by)
        return handler

    return declare


def declared(handler: object) -> Authenticator | None:
    """What a handler declares."""
    found = getattr(handler, _NAME, None)
    return found if isinstance(found, Authenticator) else None
