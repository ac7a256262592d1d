"""From Markdown to HTML: the only place where what somebody typed becomes markup.

It is taken apart by a reader that knows a few signs only and no HTML, and what comes out is cleaned once more against a
short list, so that a mistake in one of the two does no harm.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_RULES = ("blockquote", "emphasis", "entity", "escape", "heading", "link", "list", "newline", "balance_pairs")
_TAGS = {"a", "blockquote", "br", "em", "h2", "h3", "h4", "li", "ol", "p", "strong", "ul"}
_SCHEMES = ("http://", "https://", "mailto:", "tel:")
# One slash and no second one, however it is written: two begin the address of another host.
_OWN = re.compile(r"/(?![/\\])[^\\\s]*")
_OUTSIDE = "nofollow noopener"
_FIRST_LEVEL, _LAST_LEVEL = 2, 4


def may_lead_to(address: str) -> bool:
    """Say whether a link may stand in a guide: web, e-mail, telephone, or a path of this site."""
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in address):
        return False
    return address.lower().startswith(_SCHEMES) or _OWN.fullmatch(address) is not None


@lru_cache(maxsize=64)
def to_html(text: str) -> Markup:
    """Return Markdown as HTML: headings from h2 on, paragraphs, lists, emphasis, quotations and links.

    Anything else stays the text that it is. A link that may not stand there is left as text.
    """
    return Markup(_cleaned(_reader().render(text)))  # noqa: S704 - cleaned


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False, "maxNesting": 20})
    reader.enable(_RULES)
    reader.validateLink = may_lead_to  # type: ignore[assignment, method-assign]
    reader.core.ruler.push("site_levels", lambda state: _mend(state.tokens))
    return reader


def _mend(tokens: Sequence[Token]) -> None:
    """Let headings begin below the page's own, whichever level was typed, and leave none out; mark links outside."""
    level = _FIRST_LEVEL - 1
    highest = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1)
    for token in tokens:
        if token.type == "heading_open":
            level = min(_FIRST_LEVEL + int(token.tag[1]) - highest, level + 1, _LAST_LEVEL)
            token.tag = f"h{level}"
        elif token.type == "heading_close":
            token.tag = f"h{level}"
        for child in token.children or ():
            if child.type == "link_open" and str(child.attrs.get("href", "")).lower().startswith("http"):
                child.attrs["rel"] = _OUTSIDE


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes={"a": {"href", "rel"}, "ol": {"start"}},
        attribute_filter=_kept,
        url_schemes={scheme.rstrip(":/") for scheme in _SCHEMES},
        link_rel=None,
    )


def _kept(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if may_lead_to(value) else None
    if name == "start":
        return value if value.isdigit() and len(value) < 5 else None
    return value if value == _OUTSIDE else None
