"""What can go wrong between nodes, and how a refusal is said.

    FederationError          a fault of this program or of its own files: raised
    ├── KeyUnreadable        one of our key files is not the key it should be
    ├── NotCanonical         a value that has no RFC 8785 form
    ├── NotJudged            something tried to pass as verified without having been judged
    └── Unreachable          another node could not be reached, or may not be

What *another* node sent wrong is never raised: it is a returned `Refused`, whose reason is a stable code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


class FederationError(Exception):
    """A fault on our side. `code` names it for logs and translations; `str()` is safe to show."""

    code = "federation"


class KeyUnreadable(FederationError):
    """One of our own key files is not the key that it should be."""

    code = "key_unreadable"


class NotCanonical(FederationError, ValueError):
    """A value without a canonical form: NaN, a lone surrogate, an integer beyond 2^53."""

    code = "not_canonical"


class NotJudged(FederationError):
    """A `Verified` made elsewhere than by judging, or an entry made from something else."""

    code = "not_judged"


class Unreachable(FederationError):
    """A node that cannot be reached, or an address that must not be."""

    code = "unreachable"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something received was not taken: a stable reason, an HTTP status, evidence that is safe to show.

    `expected` is, for signatures, the exact string that we rebuilt and that should have been signed; `wait`, where
    it came too soon, how many seconds to wait.
    """

    reason: str
    status: int
    detail: str = ""
    expected: str = ""
    wait: float = 0.0


STATUS: Mapping[str, int] = MappingProxyType(
    {
        # the JSON gate
        "too_large": 413,
        "not_utf8": 400,
        "byte_order_mark": 400,
        "not_json": 400,
        "not_an_object": 400,
        "duplicate_key": 400,
        "too_deep": 400,
        "number": 400,
        "surrogate": 400,
        "jsonld_keyword": 400,
        # keys
        "key_form": 401,
        "key_weak": 401,
        "key_kind": 401,
        "key_mismatch": 401,
        "key_expired": 401,
        "key_revoked": 401,
        # signatures of requests
        "unsigned": 401,
        "signature_form": 401,
        "several_signatures": 401,
        "signature_component": 401,
        "not_covered": 401,
        "algorithm": 401,
        "header_absent": 401,
        "header_repeated": 401,
        "header_text": 401,
        "date_form": 401,
        "stale": 401,
        "future": 401,
        "expired": 401,
        "wrong_target": 401,
        "digest_form": 401,
        "digest": 401,
        "signature": 401,
        # proofs of documents
        "proof_absent": 401,
        "proof_form": 401,
        "proof_option": 401,
        "proof_context": 401,
        "proof_purpose": 401,
        "proof_suite": 401,
        "proof_expired": 401,
        "proof_future": 401,
        "proof": 401,
        # what a message is
        "content_type": 415,
        "activity_type": 400,
        "activity_form": 400,
        "document_form": 400,
        "context": 400,
        # who may say it
        "key_unknown": 401,
        "key_owner": 401,
        "key_gone": 410,
        "origin": 403,
        "attributed_to": 403,
        "stored_owner": 403,
        "actor_document_id": 401,
        "blocked": 403,
        "too_many": 429,
        # feeds of changes
        "cursor": 400,
        "cursor_expired": 410,
        # look-ups
        "unreachable": 502,
        "forbidden_address": 403,
        "redirected": 502,
        "too_long": 504,
        "not_found": 404,
        "gone": 410,
        "remote_refused": 502,
        "webfinger": 404,
        "handle": 400,
    }
)


Steps = Iterable[tuple[str, Refused | None]]  # what is judged, each by its name, and None where it holds


def first(steps: Steps) -> Refused | None:
    """The first refusal, and no step is taken after it; None when all hold."""
    return next((refused for _, refused in steps if refused is not None), None)


def refuse(reason: str, detail: str = "", expected: str = "", wait: float = 0.0) -> Refused:
    """A refusal of this table, with its usual status."""
    return Refused(reason, STATUS[reason], detail, expected, wait)
