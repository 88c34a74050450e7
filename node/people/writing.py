"""What a manager writes for everybody, from the fields of a page: read, kept as typed, signed and sent.

The Markdown is kept beside the signed post, so that it can be corrected; a post of the command line has none. A picture
that no post and no form begun shows any more is taken away, from everybody.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from node import posts
from node.context import Node
from node.media import files
from node.people import entries
from node.posts import Said, Stored
from node.store.people import post_sources
from vocab.errors import Mistake
from vocab.post import Post

FIELDS = ("title", "summary", "date", "end", "place", "link", "status")
KINDS = ("note", "article", "event")


@dataclass(frozen=True, slots=True)
class Typed:
    """A post as it stands in its form; `pictures` are ids."""

    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    pictures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "fields": dict(self.fields), "text": self.text, "pictures": list(self.pictures)}


def typed(kind: str, form: Mapping[str, str], pictures: Sequence[str]) -> Typed:
    """The fields that this kind of post has, as they came."""
    fields = {name: form[name] for name in FIELDS if form.get(name, "").strip()}
    if kind != "event":
        fields = {name: text for name, text in fields.items() if name in ("title", "summary")}
    return Typed(kind, fields, form.get("text", "").replace("\r\n", "\n"), tuple(pictures))


def read(node: Node, slug: str, said: Typed) -> Post | tuple[Mistake, ...]:
    """The post, or what to mend, by field. Raises `PlaceUnknown`."""
    post = posts.from_fields(node, slug, said.kind, said.fields, said.text)
    if isinstance(post, tuple):
        return post
    pictures = tuple(files.as_said(node, kept) for kept in files.of_place(node, slug, said.pictures))
    return replace(post, pictures=pictures)


def publish(node: Node, slug: str, said: Typed, post: Post, stored: Stored | None) -> Said | None:
    """Sign and send it, new or corrected; None when a correction says nothing new. Raises what `posts.add` raises."""
    before = None if stored is None else source(node, stored.id)
    done = posts.add(node, slug, post) if stored is None else posts.edit(node, stored, post)
    document = done.id if done is not None else stored.id if stored is not None else ""
    statement = insert(post_sources).values(document=document, content=json.dumps(said.to_json(), ensure_ascii=False))
    changed = {"content": statement.excluded.content}
    kept = statement.on_conflict_do_update(index_elements=["document"], set_=changed)
    node.store.write(lambda connection: connection.execute(kept))
    release(node, slug, before.pictures if before else ())
    return done


def source(node: Node, document: str) -> Typed | None:
    """A post as it was typed; None for one that was not typed on a page."""
    query = select(post_sources.c.content).where(post_sources.c.document == document)
    with node.store.read() as connection:
        content = connection.execute(query).scalar_one_or_none()
    if content is None:
        return None
    said = json.loads(content)
    return Typed(said["kind"], said["fields"], said["text"], tuple(said["pictures"]))


def replace_by(node: Node, stored: Stored, post: Post) -> Said | None:
    """A new version that was not typed on a page, which corrects it no more; None when it says nothing new."""
    done = posts.edit(node, stored, post)
    if done is not None:
        _forget(node, stored)
    return done


def withdraw(node: Node, stored: Stored) -> int:
    """Take a post back, and tell all who had it; how many deliveries wait."""
    waiting = posts.delete(node, stored)
    _forget(node, stored)
    return waiting


def _forget(node: Node, stored: Stored) -> None:
    """What was typed of a post, what was being typed, and its pictures."""
    before = source(node, stored.id)
    gone = delete(post_sources).where(post_sources.c.document == stored.id)
    node.store.write(lambda connection: connection.execute(gone))
    release(node, stored.slug, before.pictures if before else ())
    give_up(node, stored.slug, form_of(stored))


def form_of(stored: Stored) -> str:
    """The name of the form that corrects a post, among what is being typed."""
    return "posts/" + stored.id.rpartition("/")[2]


def give_up(node: Node, slug: str, form: str) -> None:
    """Forget what was being typed into a form, and the pictures that came with it."""
    kept = entries.kept(node, slug, form)
    entries.drop(node, slug, form)
    release(node, slug, pictures_of(kept.pairs) if kept else ())


def pictures_of(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The pictures of a form, by their ids."""
    return tuple(value for name, value in pairs if name == "picture")


def release(node: Node, slug: str, pictures: Iterable[str]) -> None:
    """Take away those that no post of the place and no form begun shows any more."""
    for each in sorted(set(pictures) - _in_use(node, slug)):
        files.forget(node, slug, each)


def _in_use(node: Node, slug: str) -> set[str]:
    typed_here = post_sources.c.document.startswith(node.config.actor(slug) + "/posts/", autoescape=True)
    with node.store.read() as connection:
        said = connection.execute(select(post_sources.c.content).where(typed_here)).scalars().all()
    begun = [each for entry in entries.of(node, slug) for each in pictures_of(entry.pairs)]
    return {each for content in said for each in json.loads(content)["pictures"]} | set(begun)
