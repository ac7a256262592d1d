"""Guides' Markdown: what it can do, and that nothing else gets through."""

import re
import time

import pytest
from justhtml import JustHTML

from portal.guides.markdown import may_lead_to, to_html
from portal.guides.operations import LONGEST_TEXT, PAGES

LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java&#115;cript:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)",
    "\x01javascript:alert(1)",
    "\x00javascript:alert(1)",
    "java\\script:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA:text/html;base64,PHM+",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "file:///etc/passwd",
    "ftp://example.org",
    "blob:https://example.org/1",
    "view-source:https://example.org",
    "//evil.example.org",
    "/\\evil.example.org",
    "\\\\evil.example.org",
    "///evil.example.org",
    "/%09/evil",
    "https:evil.example.org",
    "http:/evil.example.org",
    "feed:javascript:alert(1)",
    "about:blank",
    "evil.example.org",
    "../up",
    "#here",
    "?q=1",
    "jar:https://example.org!/",
    "ws://example.org",
    "intent://x#Intent;end",
    "tel\t:1",
)
TEXTS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil>",
    "<img src=x onerror=alert(1)>",
    "![x](https://e.org/x.png)",
    "![x](javascript:alert(1))",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=/></iframe>",
    "<style>*{display:none}</style>",
    "<p style='x'>hi</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<b onclick=alert(1)>x</b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "{{7*7}}",
    "{% raw %}{{ 7*7 }}",
    "${7*7}",
    "#{7*7}",
    '[x](https://e.org "onmouseover=alert(1)")',
    '[x](https://e.org/" onmouseover="alert(1))',
    "[x](<https://e.org/ onmouseover=alert(1)>)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    "<https://e.org>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "<!-- x --><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<math><mtext><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "# <script>alert(1)</script>",
    "> <img src=x onerror=alert(1)>",
    "- <img src=x onerror=alert(1)>",
    "|a|\n|-|\n|<script>|",
    "**<script>**alert(1)",
    "[<img src=x onerror=alert(1)>](https://e.org)",
    "[[x](javascript:alert(1))](https://e.org)",
    "\u202e<script>alert(1)</script>",
    "<form action=/x><input name=csrf_token></form>",
    "<base href=//evil>",
    "<meta http-equiv=refresh>",
)
PIECES = ("[", "]", "![", ">", "*a ", "_*", "- ", "[a](", "[x](/y)", "&#x41;", "\\[", "<", "**")
ALLOWED = re.compile(
    r'</?(?:blockquote|br|em|h[234]|li|ol|p|strong|ul)>|<ol start="\d{1,4}">|</a>'
    r'|<a href="(?:https?://|mailto:|tel:|/(?![/\\]))[^"<>\s]*"(?: rel="nofollow noopener")?>'
)


def assert_harmless(html: str) -> None:
    """Fail unless the HTML is well made and holds the few tags that there may be, and those alone."""
    page = JustHTML(html, collect_errors=True, fragment=True, sanitize=False)
    assert not page.errors, html
    assert not re.search("[<>]", ALLOWED.sub("", html)), html


@pytest.mark.parametrize("address", LINKS)
def test_links_that_may_not_be(address: str) -> None:
    assert not may_lead_to(address) or address.startswith("/%")
    for text in (f"[click]({address})", f"[click](<{address}>)", f"Text [click]({address} 'title') more"):
        html = to_html(text)
        assert_harmless(html)
        # A backslash comes out as %5C, which is a path here.
        assert "<a " not in html or 'href="/%' in html, html


@pytest.mark.parametrize("text", TEXTS)
def test_markup_stays_text(text: str) -> None:
    assert_harmless(to_html(text))
    assert "49" not in to_html(text)


def test_what_it_can_do() -> None:
    first = "# One\n\nA **b** *c* [d](https://e.org) [f](/needs?x=1) [g](tel:999)"
    html = to_html(f"{first}\n\n#### Deep\n\n- x\n\n2. y\n\n> z")
    for part in (
        "<h2>One</h2>",
        "<strong>b</strong>",
        "<em>c</em>",
        '<a href="https://e.org" rel="nofollow noopener">d</a>',
        '<a href="/needs?x=1">f</a>',
        '<a href="tel:999">g</a>',
        "<h3>Deep</h3>",
        "<li>x</li>",
        '<ol start="2">',
        "<blockquote>",
    ):
        assert part in html, (part, html)
    assert_harmless(html)
    assert str(to_html("## One\n\n## Two\n\n### Three")).count("<h2>") == 2


@pytest.mark.usefixtures("no_collecting")
@pytest.mark.parametrize("piece", PIECES)
def test_long_ones_are_quick(piece: str) -> None:
    text = (piece * 10_000)[:LONGEST_TEXT]
    began = time.thread_time()
    assert_harmless(to_html(text)) if len(piece) > 4 else to_html(text)
    assert time.thread_time() - began < 1.0


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_what_ships_reads_well(path: object) -> None:
    text = PAGES.joinpath(str(path)).read_text(encoding="utf-8").split("---\n", 2)[2]
    html = to_html(text)
    assert_harmless(html)
    shown = re.sub(r"<[^>]+>", " ", html)
    assert "](" not in shown and "**" not in shown and "{" not in shown, "Markdown that was not understood"
    sentences = [one.split() for one in re.split(r"(?<=[.!?:])\s|\n", shown) if one.strip()]
    assert max(map(len, sentences)) <= 35
