"""From wording and values to what is sent: blocks of text and buttons, of which each channel makes its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.messages.models import Channel
from portal.messages.wording import OF_THE_SITE, Wording, checked_values, fill

LONGEST_HEADER = 200


@dataclass(frozen=True)
class Rendered:
    """A message as it will be read: the subject, and blocks that are either `{"lines": […]}` or a button."""

    subject: str
    body: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """The message as plain text."""
        return text_of(self.body)


def render(wording: Wording, channel: Channel, values: Mapping[str, str], site: Mapping[str, str]) -> Rendered:
    """Fill in a wording. `site` holds what `OF_THE_SITE` names. Raises WordingError when the values do not fit."""
    checked = {**checked_values(wording, values), **site}
    template = wording.text_for(channel)
    blocks: list[dict[str, Any]] = []
    for paragraph in template.split("\n\n"):
        lines: list[str] = []
        for line in paragraph.strip("\n").split("\n"):
            button = _button(line, wording, checked) if channel is Channel.EMAIL else None
            if button is None:
                lines.extend(fill(line, checked).split("\n"))
                continue
            blocks += [*_paragraphs(lines), button]
            lines = []
        blocks += _paragraphs(lines)
    if channel is Channel.EMAIL:
        blocks.append({"why": fill(wording.why, checked), **{name: site[name] for name in OF_THE_SITE}})
    subject = " ".join(fill(wording.subject, checked).split())[:LONGEST_HEADER]
    return Rendered(subject, blocks)


def _paragraphs(lines: list[str]) -> list[dict[str, Any]]:
    """Return blocks of text; a value of many lines may hold several."""
    texts = [text.strip("\n") for text in "\n".join(lines).split("\n\n")]
    return [{"lines": text.split("\n")} for text in texts if text]


def _button(line: str, wording: Wording, values: Mapping[str, str]) -> dict[str, Any] | None:
    """Return a button when a line of the *wording* is just one link; what a value holds never becomes one."""
    name = line.strip()[1:-1]
    if line.strip() != f"{{{name}}}" or not name.endswith("link"):
        return None
    return {"button": wording.buttons.get(name, "Open the page"), "link": values[name]}


def example_of(wording: Wording, channel: Channel) -> Rendered:
    """Return how a wording reads with the examples of its placeholders; for the preview."""
    return render(wording, channel, wording.placeholders, OF_THE_SITE)


def text_of(body: list[dict[str, Any]]) -> str:
    """Return the blocks of a message as plain text, with what stands at the foot."""
    return "\n\n".join(_text_of_block(block) for block in body)


def _text_of_block(block: dict[str, Any]) -> str:
    if "button" in block:
        return f"{block['button']}:\n{block['link']}"
    if "why" in block:
        # Two hyphens and a blank begin what programs know as the signature (RFC 3676, section 4.3).
        return f"-- \n{block['site_name']}\nTelephone {block['phone']} ({block['phone_hours']})\n{block['why']}"
    return "\n".join(block["lines"])
