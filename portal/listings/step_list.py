"""The steps of writing a listing in their order, and which of them are done."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.listings.checks import STEP_OF, Flaw
from portal.listings.content import Content

STEPS = {
    "what": "What it is",
    "when": "When it is",
    "where": "Where it is, and getting in",
    "cost": "What it costs",
    "who": "Who it is for",
    "joining": "How to join, and places",
    "reaching": "How to reach you",
    "picture": "A picture",
    "volunteers": "Volunteers wanted",
}
# A listing without these can be published, but people will ask.
WISHED = frozenset({"cost", "joining"})


@dataclass(frozen=True)
class Step:
    """One step: its name in addresses, its title, what is missing, and whether anything was said in it."""

    name: str
    title: str
    missing: Sequence[Flaw]
    is_said: bool

    @property
    def state(self) -> str:
        """Where it stands, in one or two words."""
        if self.missing:
            return "Still needed"
        if self.is_said:
            return "Done"
        return "Good to have" if self.name in WISHED else "If you like"


def list_steps(content: Content, missing: Sequence[Flaw]) -> list[Step]:
    """Return all steps in their order."""
    blank = Content()
    said = {
        step for field, step in STEP_OF.items() if field != "kind" and getattr(content, field) != getattr(blank, field)
    }
    return [
        Step(name, title, [flaw for flaw in missing if flaw.step == name], name in said)
        for name, title in STEPS.items()
    ]
