"""Content negotiation (RFC 9110, 12.5.1): the offered type or language that a request likes best. Pure."""

from collections.abc import Sequence

from aiohttp import web


def _preferences(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        if name:
            found.append((name, weight))
    return found


def _weight(offered: str, preferences: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that matches; 0 when none does."""
    ranges = dict(reversed(preferences))
    for name in (offered, offered.partition("/")[0] + "/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0


def best(header: str, offered: Sequence[str]) -> str | None:
    """The best of `offered` (the first ones win a tie); without a header the first; None when nothing fits."""
    preferences = _preferences(header)
    if not preferences:
        return offered[0] if offered else None
    weighted = [(_weight(name, preferences), name) for name in offered]
    top = max((weight for weight, _ in weighted), default=0.0)
    return next((name for weight, name in weighted if weight == top), None) if top > 0 else None


def language(request: web.Request) -> str:
    """`?lang=`, else the first of French and English in Accept-Language, else French."""
    if request.query.get("lang") in ("fr", "en"):
        return request.query["lang"]
    wanted = _preferences(request.headers.get("Accept-Language", ""))
    known = [(weight, name[:2]) for name, weight in wanted if name.split("-")[0] in ("fr", "en") and weight > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else "fr"
