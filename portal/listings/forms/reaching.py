"""How people reach the group, and how we do."""

import dataclasses
from typing import Any

import wtforms
from wtforms import Field, FieldList, FormField
from wtforms.validators import ValidationError

from portal.directory.operations import Form as TextForm
from portal.listings.content import Content, Phone, Volunteering
from portal.listings.forms.joining import check_text
from portal.listings.forms.step import StepForm, line, lines
from portal.listings.operations.drafts import Private

MOST_PHONES = 8


class PhoneRow(wtforms.Form):
    """One telephone number and who answers. An empty row is none."""

    number = line("Telephone number", 40)
    about = line("Who answers, and when", 200)

    def validate_number(self, field: Field) -> None:
        """Want a number."""
        check_text(field, TextForm.PHONE)
        if self.about.data and not field.data:
            raise ValidationError("Enter the number, or take the words beside it away")


class ReachingForm(StepForm):
    """The step "How to reach you"."""

    contact_name = line("Whom people ask for", 120)
    phones = FieldList(FormField(PhoneRow), min_entries=1, max_entries=MOST_PHONES)
    email = line("E-mail address for everybody", 254)
    website = line("Web address", 500)
    private_name = line("Name of whom we ask", 120)
    private_email = line("Their e-mail address", 254)
    private_phone = line("Their telephone number", 40)

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed, with one empty row for another number."""
        rows = [{"number": phone.number, "about": phone.about} for phone in content.phones]
        return {
            "contact_name": content.contact_name, "phones": [*rows, {"number": "", "about": ""}][:MOST_PHONES],
            "email": content.email, "website": content.website,
        }  # fmt: skip

    def validate_email(self, field: Field) -> None:
        """Want an address."""
        check_text(field, TextForm.EMAIL)

    def validate_private_email(self, field: Field) -> None:
        """Want an address."""
        check_text(field, TextForm.EMAIL)

    def validate_private_phone(self, field: Field) -> None:
        """Want a number."""
        check_text(field, TextForm.PHONE)

    def validate_website(self, field: Field) -> None:
        """Want a web address; who leaves https:// away means it."""
        if field.data and "://" not in field.data and ":" not in field.data:
            field.data = f"https://{field.data}"
        check_text(field, TextForm.URL)

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        rows = [(row["number"] or "", row["about"] or "") for row in self.phones.data]
        return dataclasses.replace(
            content,
            contact_name=self.contact_name.data or "",
            phones=tuple(Phone(number=number, about=about) for number, about in rows if number),
            email=self.email.data or "",
            website=self.website.data or "",
        )

    def empty_line(self, content: Content) -> str:
        """Return the id of the first empty line for a number; "" when there are as many as fit."""
        count = len(content.phones)
        return f"{self.phones.id}-{count}-number" if count < MOST_PHONES else ""

    def private(self) -> Private:
        """Return whom we reach about the listing."""
        return Private(
            name=self.private_name.data or "", email=self.private_email.data or "", phone=self.private_phone.data or ""
        )


class VolunteersForm(StepForm):
    """The step "Volunteers wanted". Nothing in it: none are wanted."""

    name = line("What the help is called", 200)
    what = lines("What would they do?", 2000)
    how_often = line("How often, and how long", 300)
    contact = line("Whom they ask", 300)

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed."""
        offer = content.volunteering or Volunteering()
        return {"name": offer.name, "what": offer.what, "how_often": offer.how_often, "contact": offer.contact}

    def validate_what(self, field: Field) -> None:
        """Want a word on what it is, when anything is said."""
        if not field.data and (self.name.data or self.how_often.data or self.contact.data):
            raise ValidationError("Say what they would do")

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        if not self.what.data:
            return dataclasses.replace(content, volunteering=None)
        offer = Volunteering(
            name=self.name.data or "", what=self.what.data or "",
            how_often=self.how_often.data or "", contact=self.contact.data or "",
        )  # fmt: skip
        return dataclasses.replace(content, volunteering=offer)
