"""Who received what, what did not arrive and why, in plain words: a part of two pages, that a script reads again."""

from collections.abc import Sequence
from typing import Any

from node.deliveries import Delivered
from node.messages import text
from node.standing import Receiver, progress
from node.web import wording
from node.web.plain import link

_NAMED = {
    "blocked": "blocked",
    "erased": "erased",
    "forbidden_address": "private",
    "internal_error": "trouble",
    "too_many": "busy",
}
_STATUSES = {404: "gone", 410: "gone", 429: "busy", 401: "distrusts", 403: "distrusts"}
_FAILED = ("refused", "parked")
_MOST = 60  # receivers shown, those with whom something is wrong first


def why(sent: Delivered) -> str:
    """The kind of reason why something did not arrive: away, gone, busy, distrusts, trouble, private, blocked (here),
    unwanted (there), erased, other; empty when nothing is wrong."""
    if progress(sent) in ("delivered", "waiting"):
        return ""
    if sent.reason == "blocked" and sent.status:
        return "unwanted"
    if sent.reason in _NAMED:
        return _NAMED[sent.reason]
    if sent.status is None:
        return "away"
    return _STATUSES.get(sent.status, "trouble" if sent.status >= 500 else "other")


def shown(receivers: Sequence[Receiver], place: str, lang: str) -> dict[str, Any]:
    """The receivers as the page lists them; `again`: where this part is read again, while something is on its way."""
    under_way = any(progress(sent) == "waiting" for one in receivers for sent in one.sent)
    failed = [sent for one in receivers for sent in one.sent if sent.state in _FAILED]
    return {
        "rows": [_row(one, lang) for one in receivers[:_MOST]],
        "all": len(receivers),
        "more": max(0, len(receivers) - _MOST),
        "again": link(lang, f"/manage/{place}/publish", part="status") if under_way else "",
        "done": sum(one.state == "delivered" for one in receivers),
        "failed": len(failed),
        "retry": link(lang, f"/manage/{place}/network"),
    }


def _row(one: Receiver, lang: str) -> dict[str, Any]:
    """One receiver: what it has, and beside what it has not, why and what happens next."""
    return {
        "name": one.other.name,
        "address": one.other.handle or one.other.host,
        "state": one.state,
        "wrong": [_wrong(sent, lang) for sent in one.sent if progress(sent) not in ("delivered", "waiting")],
        "waiting": [about(sent, lang) for sent in one.sent if progress(sent) == "waiting"],
        "has": [_has(sent, lang) for sent in one.sent if sent.state == "delivered"],
    }


def _has(sent: Delivered, lang: str) -> str:
    return text(lang, "manage.sent.on", what=about(sent, lang), day=wording.day(sent.done, lang))


def _wrong(sent: Delivered, lang: str) -> dict[str, Any]:
    time = f"{wording.day(sent.next, lang)}, {sent.next[11:16]} UTC" if sent.next else ""
    return {
        "id": sent.id,
        "about": about(sent, lang),
        "why": text(lang, f"manage.sent.why.{why(sent)}"),
        "next": text(lang, "manage.sent.next", time=time) if time else "",
        "retry": sent.state in _FAILED and why(sent) != "erased",
    }


def about(sent: Delivered, lang: str) -> str:
    """What was sent, in words: the place, figures, a post; a withdrawal is said to be one."""
    kinds = {"Description": "description", "Report": "report", "Actor": "card"}
    kind = kinds.get(sent.object_type, "post")
    year = sent.name.removeprefix("report-")[:4]
    period = year if kind == "report" and sent.name.startswith("report-") and year.isdigit() else ""
    said = text(lang, f"manage.sent.{kind}", period=period).strip()
    return text(lang, "manage.sent.withdrawn", what=said) if sent.type == "Delete" else said
