"""A stable reason as a sentence: what is wrong, and what to do about it."""

import re

from node.messages import text

_REASON = re.compile(r'"reason"\s*:\s*"([a-z_]{1,40})"')


def explained(lang: str, reason: str) -> str:
    """The sentence of a reason; the reason itself where nobody wrote one."""
    try:
        return text(lang, "refused." + reason)
    except KeyError:
        return reason


def reason_in(answer: str) -> str:
    """The stable reason in what a peer answered (RFC 9457, possibly cut short); its own words when it gave none."""
    found = _REASON.search(answer)
    return found[1] if found else answer
