"""Writing for everybody: news, practices and events, with pictures; seen before they leave, corrected, taken back."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiohttp import web

from node import standing
from node.context import Node
from node.errors import DocumentGone, NodeError, PostUnknown
from node.media import files
from node.media.picture import LARGEST
from node.people import audit, entries, writing
from node.people.roles import Right
from node.people.writing import KINDS, Typed
from node.posts import Stored, find, list_all
from node.web import desk, plain, wording
from node.web.desk import Visit
from vocab.errors import Mistake, beside
from vocab.post import STATUSES, Post, when

SLUG = "/manage/{slug:[a-z0-9_]{1,30}}"
MOST_PICTURES = 4  # what Mastodon shows


def show_list(visit: Visit) -> web.Response:
    """What the place said, the newest first."""
    shown = [
        {
            "href": _form(visit, post) if visit.allows(Right.EDIT) else _public(visit, post),
            "title": post.title,
            "kind": post.kind,
            "day": wording.day(post.published, visit.lang),
        }
        for post in list_all(visit.node, visit.place)
    ]
    begun = {each.form for each in entries.of(visit.node, visit.place)}
    kept = [kind for kind in KINDS if f"posts/new-{kind}" in begun]
    alone = not standing.is_public(visit.node, visit.place)
    return visit.page("manage/posts.html", here="posts", posts=shown, kinds=KINDS, kept=kept, alone=alone)


def _name(post: Stored) -> str:
    return post.id.rpartition("/")[2]


def _stored(visit: Visit) -> Stored:
    """The post of the address, of this place. Raises `HTTPNotFound`."""
    try:
        return find(visit.node, f"{visit.place}/{visit.request.match_info['name']}")
    except (PostUnknown, DocumentGone):
        raise web.HTTPNotFound from None


def _kind(visit: Visit) -> str:
    kind = visit.request.query.get("kind", "note")
    if kind not in KINDS:
        raise web.HTTPNotFound
    return kind


def show_new(visit: Visit) -> web.Response:
    """An empty form, or what was being typed."""
    kind = _kind(visit)
    kept = entries.kept(visit.node, visit.place, f"posts/new-{kind}")
    form = dict(kept.pairs) if kept else {}
    pictures = writing.pictures_of(kept.pairs) if kept else ()
    return _page(visit, writing.typed(kind, form, pictures), None, begun=kept is not None)


def show_one(visit: Visit) -> web.Response:
    """The form of a post as it stands."""
    stored = _stored(visit)
    source = writing.source(visit.node, stored.id)
    if source is None:
        return visit.page("manage/elsewhere.html", here="posts", title=stored.title, public=_public(visit, stored))
    kept = entries.kept(visit.node, visit.place, writing.form_of(stored))
    if kept is not None:
        source = writing.typed(source.kind, dict(kept.pairs), writing.pictures_of(kept.pairs))
    return _page(visit, source, stored, begun=kept is not None)


def _form(visit: Visit, stored: Stored) -> str:
    return plain.link(visit.lang, f"/manage/{visit.place}/posts/{_name(stored)}")


def _public(visit: Visit, stored: Stored) -> str:
    return plain.link(visit.lang, f"/places/{visit.place}/posts/{_name(stored)}")


def _page(
    visit: Visit,
    said: Typed,
    stored: Stored | None,
    wrong: tuple[Mistake, ...] = (),
    problem: Mapping[str, str] = MappingProxyType({}),
    seen: Post | None = None,
    begun: bool = True,
) -> web.Response:
    pictures = files.of_place(visit.node, visit.place, said.pictures)
    name = f"new-{said.kind}" if stored is None else _name(stored)
    p = {each.field: beside(each, visit.lang) for each in reversed(wrong)}
    values: dict[str, Any] = {
        "kind": said.kind,
        "v": {field: said.fields.get(field, "") for field in writing.FIELDS} | {"text": said.text},
        "pictures": pictures,
        "room": MOST_PICTURES - len(pictures),
        "statuses": list(STATUSES),
        "p": {**p, **problem},
        "labels": _labels(visit, said.kind, [each.id for each in pictures]),
        "seen": seen,
        "when": when(seen.start, seen.zone, visit.lang) if seen and seen.start else "",
        "begun": begun,
        "stored": stored,
        "public": _public(visit, stored) if stored else "",
        "autosave": f"/manage/{visit.place}/entries/posts/{name}",
        "megabytes": LARGEST // 1_000_000,
        "alone": not standing.is_public(visit.node, visit.place),
    }
    return visit.page("manage/post.html", here="posts", **values)


def _labels(visit: Visit, kind: str, pictures: Sequence[str]) -> dict[str, str]:
    """The name of each field, for the list of what is to be mended."""
    names = {key: f"write.{key}" for key in (*writing.FIELDS, "text", "file", "alt")}
    names |= {"title": f"write.title_of.{kind}"} | {f"alt-{each}": "write.alt" for each in pictures}
    return {field: plain.said(visit.lang, key) for field, key in names.items()}


def _typed(visit: Visit, kind: str) -> tuple[Typed, dict[str, str]]:
    """The form, with a picture that came with it kept at once; and what is wrong with its pictures, by field."""
    dropped = set(visit.form.getall("drop", []))
    pictures = [each for each in visit.form.getall("picture", []) if each not in dropped][:MOST_PICTURES]
    problem = _said_again(visit, pictures)
    upload = next((each for each in visit.files.values() if each.data or each.name), None)
    if upload is not None and len(pictures) < MOST_PICTURES:
        try:
            alt = visit.form.get("alt", "")
            pictures.append(files.keep(visit.node, visit.place, upload.data, alt, visit.account.id).id)
        except NodeError as refused:
            problem["alt" if refused.code == "picture_alt" else "file"] = refused.text(visit.lang)
    return writing.typed(kind, visit.form, pictures), problem


def _said_again(visit: Visit, pictures: Sequence[str]) -> dict[str, str]:
    """Keep what is now said of pictures that are there; what is wrong with it."""
    problem = {}
    for kept in files.of_place(visit.node, visit.place, tuple(pictures)):
        alt = visit.form.get(f"alt-{kept.id}", kept.alt)
        try:
            if alt != kept.alt:
                files.describe(visit.node, visit.place, kept.id, alt)
        except NodeError as refused:
            problem[f"alt-{kept.id}"] = refused.text(visit.lang)
    return problem


def write_new(visit: Visit) -> web.Response:
    """Show it, or send it."""
    return _write(visit, _kind(visit), None)


def write_one(visit: Visit) -> web.Response:
    """Show the correction, send it, or take the post back."""
    stored = _stored(visit)
    if visit.form.get("do") == "delete":
        if "sure" not in visit.form:
            return visit.go(_form(visit, stored), "write.sure")
        writing.withdraw(visit.node, stored)
        audit.note(visit.node, visit.account.id, "post_deleted", visit.place, id=stored.id)
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/posts"), "write.deleted")
    return _write(visit, stored.kind, stored)


def _write(visit: Visit, kind: str, stored: Stored | None) -> web.Response:
    form = f"posts/new-{kind}" if stored is None else writing.form_of(stored)
    if visit.form.get("do") == "forget":
        writing.give_up(visit.node, visit.place, form)
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/posts"), "write.forgotten")
    said, problem = _typed(visit, kind)
    pairs = [*said.fields.items(), ("text", said.text), *(("picture", each) for each in said.pictures)]
    if stored is not None or said.text.strip() or said.pictures or said.fields.keys() - {"status"}:
        entries.keep(visit.node, visit.place, form, pairs, visit.account.id)
    else:
        entries.drop(visit.node, visit.place, form)  # an empty form is nothing begun
    writing.release(visit.node, visit.place, visit.form.getall("drop", []))
    post = writing.read(visit.node, visit.place, said)
    if isinstance(post, tuple):
        return _page(visit, said, stored, wrong=post, problem=problem)
    if problem or visit.form.get("do") != "publish":
        return _page(visit, said, stored, problem=problem, seen=None if problem else post)
    return _sent(visit, said, post, stored, form)


def _sent(visit: Visit, said: Typed, post: Post, stored: Stored | None, form: str) -> web.Response:
    try:
        done = writing.publish(visit.node, visit.place, said, post, stored)
    except NodeError as refused:
        return _page(visit, said, stored, problem={"text": refused.text(visit.lang)})
    entries.drop(visit.node, visit.place, form)
    if done is not None:
        audit.note(visit.node, visit.account.id, "post", visit.place, id=done.id)
    n = done.queued if done else 0
    key = "write.same" if done is None else f"write.sent.{'one' if n == 1 else 'many'}" if n else "write.published"
    return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/posts"), key, n=n)


def routes(node: Node) -> list[web.RouteDef]:
    """The list, a new one, one."""
    more = LARGEST + 1_000_000
    return [
        *desk.routes(node, SLUG + "/posts", Right.SEE, show_list),
        *desk.routes(node, SLUG + "/posts/new", Right.EDIT, show_new, write_new, upload=more),
        *desk.routes(node, SLUG + "/posts/{name:[a-z0-9-]{1,80}}", Right.EDIT, show_one, write_one, upload=more),
    ]
