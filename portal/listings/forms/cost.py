"""What it costs: free, what one can, or prices in pounds."""

import dataclasses
import re
from typing import Any

import wtforms
from wtforms import BooleanField, Field, FieldList, FormField, RadioField
from wtforms.validators import ValidationError

from portal.directory.models import CostKind
from portal.directory.operations.checks import MOST_PENCE
from portal.listings.content import Content, Price
from portal.listings.forms.step import StepForm, chosen_of, line

KINDS = [
    (CostKind.FREE.value, "It is free"),
    (CostKind.DONATION.value, "People pay what they can"),
    (CostKind.PAID.value, "It has a price"),
]
MOST_PRICES = 12
_POUNDS = re.compile(r"£? ?(\d{1,6})(?:\.(\d{1,2}))?")
_PENCE = re.compile(r"(\d{1,3}) ?p", re.IGNORECASE)


def read_pence(text: str) -> int:
    """Return pence of "2", "£2.50", "2.5" or "50p". Raises ValueError."""
    tidied = text.replace(",", "").strip()
    if found := _PENCE.fullmatch(tidied):
        return int(found[1])
    found = _POUNDS.fullmatch(tidied)
    if found is None:
        raise ValueError(text)
    pence = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if pence > MOST_PENCE:
        raise ValueError(text)
    return pence


class PriceRow(wtforms.Form):
    """One price and for whom it is. An empty row is none."""

    pounds = line("Price in pounds", 12)
    about = line("For whom, or for what", 200)

    def validate_pounds(self, field: Field) -> None:
        """Want an amount of money."""
        if field.data:
            try:
                read_pence(field.data)
            except ValueError:
                raise ValidationError("Enter an amount in pounds, like 2 or 2.50") from None


class CostForm(StepForm):
    """The step "What it costs"."""

    cost_kind = RadioField("What does it cost?", validate_choice=False)
    prices = FieldList(FormField(PriceRow), min_entries=2, max_entries=MOST_PRICES)
    cost_note = line("More on the cost", 300)
    takes_direct_payments = BooleanField("People can pay from direct payments")
    takes_personal_budgets = BooleanField("People can pay from a personal budget")

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed, with one empty row for another price."""
        rows = [
            {"pounds": "" if one.pence is None else f"{one.pence / 100:.2f}".removesuffix(".00"), "about": one.about}
            for one in content.prices
        ]
        return {
            "cost_kind": content.cost_kind.value if content.cost_kind else None,
            "prices": [*rows, {"pounds": "", "about": ""}][:MOST_PRICES],
            "cost_note": content.cost_note,
            "takes_direct_payments": content.takes_direct_payments,
            "takes_personal_budgets": content.takes_personal_budgets,
        }

    def offer(self, _content: Content) -> None:
        """Set the answers to choose from."""
        self.cost_kind.choices = KINDS

    def validate_cost_kind(self, field: Field) -> None:
        """Want the answer that fits prices."""
        if any(self._prices()) and field.data == CostKind.FREE.value:
            raise ValidationError("You said that it is free, and gave a price. Take one of them away")

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        return dataclasses.replace(
            content,
            cost_kind=chosen_of(CostKind, self.cost_kind.data),
            prices=tuple(Price(pence=read_pence(p) if p else None, about=about) for p, about in self._prices()),
            cost_note=self.cost_note.data or "",
            takes_direct_payments=bool(self.takes_direct_payments.data),
            takes_personal_budgets=bool(self.takes_personal_budgets.data),
        )

    def empty_line(self, content: Content) -> str:
        """Return the id of the first empty line for a price; "" when there are as many as fit."""
        count = len(content.prices)
        return f"{self.prices.id}-{count}-pounds" if count < MOST_PRICES else ""

    def _prices(self) -> list[tuple[str, str]]:
        rows = [(row["pounds"] or "", row["about"] or "") for row in self.prices.data]
        return [row for row in rows if any(row)]
