"""What somebody wrote in a reply, as plain text: markup dropped, and what was only quoted cut away."""

import re
from html.parser import HTMLParser

from portal.core.text import clean

# A reply is a note to us, not a book. What is longer is cut, and the row says so.
LONGEST_REPLY = 20_000
# Markup may be many times longer than the words in it; more than this is not looked at.
LONGEST_MARKUP = 500_000

_SILENT = frozenset({"head", "script", "style", "template", "title", "noscript", "svg", "math"})
_EMPTY = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3", "h4",
     "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}
)  # fmt: skip


_Attributes = list[tuple[str, str | None]]


class _Words(HTMLParser):
    """Collects the words of a page, line by line, with `> ` before what stands in a quotation."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._silent: list[str] = []
        self._quoted = 0

    def _begin(self, tag: str, attrs: _Attributes) -> None:
        del attrs  # nothing in them is words
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _BLOCKS or tag == "br":
            self.end_line()
        if tag == "blockquote":
            self._quoted += 1

    def _end(self, tag: str) -> None:
        # An end that fits closes what was left open inside it; one that fits nothing is a mistake of the sender.
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if tag in _BLOCKS:
            self.end_line()
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)

    def _begin_and_end(self, tag: str, attrs: _Attributes) -> None:
        if tag in _EMPTY:
            self._begin(tag, attrs)

    def _say(self, data: str) -> None:
        if not self._silent:
            self._line.append(data)

    # By these names the parser of the standard library calls them.
    handle_starttag, handle_endtag, handle_startendtag, handle_data = _begin, _end, _begin_and_end, _say

    def end_line(self) -> None:
        text = " ".join("".join(self._line).split())
        self._line = []
        self.lines.append(f"> {text}" if self._quoted and text else text)


def text_of_markup(markup: str) -> str:
    """Return the words of an HTML part, one block to a line; nothing of it is loaded, run or kept as markup."""
    words = _Words()
    words.feed(markup[:LONGEST_MARKUP])
    words.close()
    words.end_line()
    return "\n".join(words.lines)


# "On Mon, 23 Nov 2026 at 09:00, Hereabouts <…> wrote:", which programs fold over up to three lines.
_SAID = re.compile(r"^[ \t>]*On\b[^\n]{0,300}(?:\n[^\n]{1,300}){0,2}?\bwrote:[ \t]*$", re.MULTILINE)
# What Outlook and others put above a message that they quote without marking its lines.
_BELOW = re.compile(
    r"^[ \t]*(?:-{2,}\s?(?:Original Message|Forwarded message)\s?-{2,}|_{20,}[ \t]*\n[ \t]*From:[^\n]*"
    r"|From:[^\n]{1,300}\n(?:[^\n]{0,300}\n)?[ \t]*(?:Sent|Date):[^\n]{1,300})",
    re.MULTILINE | re.IGNORECASE,
)


def without_quotes(text: str) -> str:
    """Return what was newly written: lines marked as quoted and the messages below are cut.

    Answers between quoted lines stay. Where nothing would be left, the whole text is returned: rather too much
    than to lose somebody's words.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = plain
    below = _BELOW.search(kept)
    if below:
        kept = kept[: below.start()]
    said = _SAID.search(kept)
    if said:
        after = kept[said.end() :]
        answers = "\n".join(line for line in after.split("\n") if not line.lstrip().startswith(">"))
        # Unmarked text right below "wrote:" is the quotation itself, when no line of it is marked.
        is_marked = re.search(r"^\s*>", after, re.MULTILINE) is not None
        kept = kept[: said.start()] + (f"\n{answers}" if is_marked else "")
    kept = "\n".join(line for line in kept.split("\n") if not line.lstrip().startswith(">"))
    return kept if kept.strip() else plain


def newly_written(text: str) -> str:
    """Return what was newly written in a reply, fit to be stored: cleaned, and at most 20,000 signs."""
    # Room for a quotation that is cut; far more than that is not searched.
    return clean(without_quotes(text[: LONGEST_REPLY * 10]), limit=LONGEST_REPLY, lines=True)
