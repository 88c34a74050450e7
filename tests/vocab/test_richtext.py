"""What people and strangers write comes out as the little HTML we allow, or as one plain line, and no other way."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocab import richtext

SAFE = richtext.TAGS
ATTACKS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//e.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><input type=submit formaction=javascript:alert(1)></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)><embed src=javascript:alert(1)>",
    "<base href=//e.example/><a href=x>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//e.example/x.css><style>@import '//e.example'</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#1; javascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//e.example/x'>x</a>",
    "<a href='/places/etabli'>x</a>",
    "<a href='https://e.example' style='position:fixed' onclick=alert(1) target=_top>x</a>",
    "<p style='background:url(javascript:alert(1))' class='hero' id='main'>x</p>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<template><script>alert(1)</script></template>",
    "<p><b><i><u><font color=red>x",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))",
    "[x](//e.example/)",
    "[x](/login)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://e.example/track.png)",
    '![x"onerror="alert(1)](https://e.example/"onerror="alert(1))',
    "[a][1]\n\n[1]: javascript:alert(1)",
    '[a](https://e.example "x\\" onmouseover=alert(1)")',
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    'https://e.example/"onmouseover=alert(1)',
    "# <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<scr\x00ipt>alert(1)</script>",
)


class Seen(HTMLParser):
    """Every tag and attribute of a piece of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str, str]] = set()
        self.others: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name, value or "") for name, value in attrs}

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(markup: str) -> None:
    seen = Seen(markup)
    assert seen.tags <= SAFE
    assert seen.others == []
    for tag, name, value in seen.attributes:
        assert (tag, name) in {("a", "href"), ("a", "rel"), ("ol", "start")}
        if name == "href":
            assert value.strip().lower().startswith(("https:", "http:", "mailto:"))
        if name == "rel":
            assert value == "nofollow noopener noreferrer"


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_person_writes_in_markdown_is_harmless(attack: str) -> None:
    assert_harmless(richtext.html(attack))
    assert_harmless(richtext.html(f"*a* {attack}\n\n> {attack}\n\n- {attack}"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_stranger_sends_is_harmless(attack: str) -> None:
    cleaned = richtext.clean(f"<p>{attack}</p>")
    assert_harmless(cleaned)
    assert_harmless(richtext.clean(cleaned))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_stranger_sends_is_one_line_of_visible_text(attack: str) -> None:
    line = richtext.plain(f"<p>a</p>{attack}<p>\x1b[31mb\u202e\x07</p>")
    assert line.startswith("a")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2066\u2028" for c in line)


@given(st.text(max_size=300))
def test_no_text_is_harmful(text: str) -> None:
    assert_harmless(richtext.html(text))
    assert_harmless(richtext.clean(text))
    assert "\n" not in richtext.plain(text)


@given(
    st.lists(st.sampled_from([*"<>\"'&;:/[]()!`#*-= \n", "a", "href", "script", "javascript:", "style", "svg", "--"]))
)
def test_no_mixture_of_marks_is_harmful(parts: list[str]) -> None:
    text = "".join(parts)
    assert_harmless(richtext.html(text))
    assert_harmless(richtext.clean(text))


def test_markdown_is_what_people_expect() -> None:
    made = richtext.html(
        "# Titre\n\n*a* **b** ~~c~~ https://e.example/x(y)\n\n3. un\n\n![Plan](https://e.example/p.png)\n\n---"
    )
    rel = 'rel="nofollow noopener noreferrer"'
    assert made == (
        f"<h2>Titre</h2>\n<p><em>a</em> <strong>b</strong> <s>c</s> "
        f'<a href="https://e.example/x(y)" {rel}>https://e.example/x(y)</a></p>\n<ol start="3">\n<li>un</li>\n</ol>\n'
        f'<p><a href="https://e.example/p.png" {rel}>Plan</a></p>\n<hr>'
    )


def test_a_line_keeps_words_apart_and_has_an_end() -> None:
    assert (
        richtext.plain("<h2>Un</h2><p>deux<br>trois</p><ul><li>a</li><li>b</li></ul>&lt;x&gt;")
        == "Un deux trois a b <x>"
    )
    assert richtext.plain("<p>" + "a" * 400, 20) == "a" * 19 + "…"
    assert richtext.plain("<style>x</style><script>y</script>") == ""
