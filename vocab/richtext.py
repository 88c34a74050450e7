"""Text between people and the wire: Markdown to the little HTML that every network shows, HTML to one plain line.

Nothing that leaves here can run, load or hide anything: the tags, attributes and schemes are those listed, no others.
Raw HTML in Markdown is text. An image is a link to it: pages load nothing from elsewhere.
"""

import re
from collections.abc import Sequence
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING, Any, Final

from vocab.errors import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_KEPT: Final = "a blockquote br code del em h2 h3 h4 h5 h6 hr li ol p pre s strong ul"  # or made paragraphs by Mastodon
TAGS: Final = frozenset(_KEPT.split())
SCHEMES: Final = frozenset({"https", "http", "mailto"})
_REL: Final = "nofollow noopener noreferrer"
_STARTS: Final = tuple(f"{scheme}:" for scheme in SCHEMES)
_ENDS: Final = re.compile(r"<(?=/(?:p|div|h[1-6]|li|blockquote|pre|tr)>|br\b|hr\b|li\b|p\b)", re.IGNORECASE)
_READ: Final = 50_000  # characters of a stranger's HTML that are looked at for one line


def _attribute(tag: str, name: str, value: str) -> str | None:
    """A link leads somewhere by its whole address: a relative one would mean another page on each server."""
    if name == "href":
        return value if value.strip().lower().startswith(_STARTS) else None
    return _REL if name == "rel" else value if (tag, name) == ("ol", "start") else None


def clean(markup: str) -> str:
    """The HTML that is left when everything but `TAGS`, links and where a list starts is taken out."""
    import nh3

    return nh3.clean(
        markup,
        tags=set(TAGS),
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes=set(SCHEMES),
        link_rel=_REL,
    )


def _image(self: Any, tokens: Sequence["Token"], at: int, *_: Any) -> str:
    source = str(tokens[at].attrs.get("src", ""))
    return f'<a href="{escape(source)}">{escape(tokens[at].content or source)}</a>'


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["linkify", "strikethrough"])
    assert made.linkify is not None
    made.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    made.add_render_rule("image", _image)
    return made


def html(markdown: str) -> str:
    """CommonMark as clean HTML; its headings start below the title of the page."""
    made, env = _markdown(), dict[str, Any]()
    tokens = made.parse(markdown, env)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return clean(made.renderer.render(tokens, made.options, env)).strip()


def plain(markup: str, limit: int = 300) -> str:
    """One line of text without markup, nor characters that terminals and readers obey; at most `limit` characters."""
    import nh3

    bare = unescape(nh3.clean(_ENDS.sub(" <", markup[:_READ]), tags=set()))
    line = " ".join(visible(bare).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
