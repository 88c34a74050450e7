"""What would be published, and to whom, before it is; then who has it, and what they answered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from federation.canonical import digest, jcs
from node import standing
from node.context import Node
from node.doubts import of_report
from node.messages import text
from node.people import audit
from node.people.roles import Right
from node.publish import Change, preview, publish
from node.standing import SHARINGS, Other, Receiver, Standing
from node.views.publication import lines
from node.web import desk, wording
from node.web.desk import Visit
from node.web.manage import reception
from node.web.manage.said import Said, said
from node.web.plain import link
from vocab import questionnaire
from vocab.errors import Mistake
from vocab.oddity import say

_SHOWN = 12  # names of one audience; the others are counted
Found = Sequence[tuple[Change, tuple[Mistake, ...]]]


def show(visit: Visit, problem: str = "") -> web.Response:
    """The page, or, for who asks for a `part`, what of it lives: who has what (`status`), and what (`standing`)."""
    receivers = standing.receivers(visit.node, visit.place)
    live, part = reception.shown(receivers, visit.place, visit.lang), visit.request.query.get("part")
    if part == "status":
        return visit.page("manage/receivers.html", here="publish", live=live)
    if part == "standing":
        return visit.page("manage/standing.html", here="publish", live=live, stands=_all_that_stands(visit, receivers))
    found = preview(visit.node, visit.place)
    values = _values(visit, found, receivers) | {"seen": seen(found), "problem": problem, "live": live}
    return visit.page("manage/publish.html", here="publish", **values)


def act(visit: Visit) -> web.Response:
    """Publish what was shown, or show what has become of it since."""
    found = preview(visit.node, visit.place)
    if any(mistakes for _, mistakes in found):
        return show(visit, "wrong")
    if visit.form.get("seen") != seen(found):
        return show(visit, "changed")
    done = publish(visit.node, visit.place)
    audit.note(visit.node, visit.account.id, "published", visit.place, documents=len(done.changes))
    notice = "manage.publish.done" if done.queued else "manage.publish.done.alone"
    return visit.go(link(visit.lang, f"/manage/{visit.place}/publish"), notice)


def seen(found: Found) -> str:
    """What was shown: who presses the button agrees to this, and to nothing that was changed meanwhile."""
    said_to = [[c.kind, c.name, c.sharing, dict(c.before), dict(c.after), list(c.recipients)] for c, _ in found]
    return digest(jcs({"changes": said_to}))


def title(name: str, lang: str) -> str:
    """`Figures for 2025`, `The place`, from the name of a draft."""
    kind, _, rest = name.partition("/")
    period = rest.partition("/")[0].replace("_", "/")
    return text(lang, f"manage.publish.{kind}", period=wording.period(period, lang) if period else "")


def edited(place: str, name: str, lang: str, key: str = "") -> str:
    """Where a document is mended; `key`: the field of that line."""
    kind, _, rest = name.partition("/")
    if kind == "description":
        return link(lang, f"/manage/{place}/description") + (f"#{key}" if key else "")
    page, asked = f"/manage/{place}/figures/{rest.partition('/')[0]}", key.partition("|")[0]
    holds = (each.id for each in questionnaire.sections() if asked in {q.field for q in each.questions()})
    section = next(holds, questionnaire.CORE)
    return link(lang, page, theme="" if section == questionnaire.CORE else section) + (f"#{asked}" if asked else "")


def _values(visit: Visit, found: Found, receivers: Sequence[Receiver]) -> dict[str, Any]:
    documents = [_document(visit, change, mistakes) for change, mistakes in found]
    reached = standing.audiences(visit.node, visit.place)
    groups = [
        {"sharing": sharing, "to": _names(reached.get(sharing, ())), "documents": some}
        for sharing in (*SHARINGS, "private")
        if (some := [each for each in documents if each["sharing"] == sharing])
    ]
    errors = [error for each in documents for error in each["errors"]]
    return {"groups": groups, "errors": errors, "stands": _all_that_stands(visit, receivers)}


def _all_that_stands(visit: Visit, receivers: Sequence[Receiver]) -> list[dict[str, Any]]:
    """What is published, with how many have it, or why nobody does."""
    sent = [each for one in receivers for each in one.sent]
    arrived = Counter(each.object for each in sent if each.state == "delivered")
    under_way = {each.object for each in sent if each.state != "delivered"}
    stands = []
    for each in standing.published(visit.node, visit.place):
        state = "waiting" if each.document in under_way else f"alone.{each.sharing}"
        stands.append(_stands(visit, each) | {"arrived": arrived[each.document], "state": state})
    return stands


def _names(others: Sequence[Other]) -> dict[str, Any]:
    return {"count": len(others), "names": [other.name for other in others[:_SHOWN]], "more": len(others) - _SHOWN}


def _document(visit: Visit, change: Change, mistakes: Iterable[Mistake]) -> dict[str, Any]:
    """A change as the page shows it: its lines, what is wrong in them, what is only odd."""
    words = [said(line, visit.lang) for line in lines(change.before, change.after, mistakes)]
    shown = [word for word in words if word.key]
    return {
        "id": _id(change),
        "kind": change.kind,
        "sharing": change.sharing,
        "title": title(change.name, visit.lang),
        "edit": edited(visit.place, change.name, visit.lang),
        "changed": [word for word in shown if word.is_changed or word.mistakes],
        "same": [word for word in shown if not word.is_changed and not word.mistakes],
        "errors": _errors(words, _id(change)),
        "mend": {word.key: edited(visit.place, change.name, visit.lang, word.key) for word in shown if word.mistakes},
        "general": [sentence for word in words if not word.key for sentence in word.mistakes],
        "odd": _odd(visit, change),
    }


def _id(change: Change) -> str:
    return change.name.replace("/", "-")


def _errors(words: Iterable[Said], document: str) -> list[tuple[str, str]]:
    """Each sentence with the line it is about."""
    places = ((word, f"{document}-{word.anchor}" if word.key else document) for word in words)
    return [(at, sentence) for word, at in places for sentence in word.mistakes]


def _odd(visit: Visit, change: Change) -> list[str]:
    """What to look at twice in a report that will leave; it hinders nothing."""
    if not change.name.startswith("report/") or change.kind == "delete":
        return []
    found = of_report(visit.node, change.slug, str(change.after["period"]), change.sharing)
    return [wording.typeset(say(each, visit.lang), visit.lang) for each in found]


def _stands(visit: Visit, document: Standing) -> dict[str, Any]:
    """A published document, and the answers of those who did not take it, beside what they are about."""
    content, lang = document.content, visit.lang
    name = document.name or (f"report/{content['period']}" if "period" in content else "description")
    with visit.node.store.read() as connection:
        known = standing.others(connection, [each.by for each in document.rejections])
    answers = []
    for each in document.rejections:
        words = [said(line, lang) for line in lines(content, content, each.mistakes) if line.mistakes]
        mend = {word.key: edited(visit.place, document.name, lang, word.key) for word in words if document.name}
        answers.append({"by": known[each.by].name, "lines": words, "mend": mend})
    return {
        "title": title(name, lang),
        "sharing": document.sharing,
        "updated": document.updated,
        "edit": edited(visit.place, document.name, lang) if document.name else "",
        "changed": document.changed,
        "answers": answers,
    }


def routes(node: Node) -> list[web.RouteDef]:
    """The page, for whoever has a role; its button, for those who may edit."""
    path = "/manage/{slug:[a-z0-9_]{1,30}}/publish"
    return [*desk.routes(node, path, Right.SEE, show), *desk.routes(node, path, Right.EDIT, None, act)]
