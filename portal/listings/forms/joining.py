"""How people begin, whether there are places, and how to send somebody."""

import dataclasses
from typing import Any

from wtforms import Field, RadioField
from wtforms.validators import NumberRange, Optional, ValidationError

from portal.directory.models import Capacity, Joining
from portal.directory.operations import Form as TextForm
from portal.directory.operations import problem_with
from portal.listings.content import Content, Sending
from portal.listings.forms.step import StepForm, WholeNumberField, chosen_of, line, lines

JOINING = [
    (Joining.TURN_UP.value, "They just turn up"),
    (Joining.RING_FIRST.value, "They ring first"),
    (Joining.BOOK.value, "They book a place"),
    (Joining.REFERRAL.value, "Somebody puts them forward, like their GP"),
]
PLACES = [
    (Capacity.PLACES.value, "There are places"),
    (Capacity.WAITING_LIST.value, "There is a waiting list"),
    (Capacity.FULL.value, "It is full for now"),
]
SENDING = [
    (Sending.SIGNPOST.value, "Only tell people about us"),
    (Sending.INTRODUCTION.value, "Introduce people to us, so that we expect them"),
]


class JoiningForm(StepForm):
    """The step "How to join"."""

    joining = RadioField("How do people begin?", validate_choice=False)
    how_to_join = lines("More on joining", 2000)
    capacity = RadioField("Can somebody new come?", validate_choice=False)
    places_left = WholeNumberField("How many places are left", validators=[
        Optional(), NumberRange(min=0, max=10_000, message="Enter a number up to 10,000")])  # fmt: skip
    waiting_weeks = WholeNumberField("How many weeks people wait", validators=[
        Optional(), NumberRange(min=0, max=520, message="Enter a number up to 520")])  # fmt: skip
    sending = RadioField("Link workers and GPs may", validate_choice=False)
    introduction_email = line("E-mail address for introductions", 254)
    introduction_phone = line("Telephone number for introductions", 40)

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed."""
        return {
            "joining": content.joining.value if content.joining else None,
            "how_to_join": content.how_to_join,
            "capacity": content.capacity.value if content.capacity else None,
            "places_left": content.places_left,
            "waiting_weeks": content.waiting_weeks,
            "sending": content.sending.value,
            "introduction_email": content.introduction_email,
            "introduction_phone": content.introduction_phone,
        }

    def offer(self, _content: Content) -> None:
        """Set the answers to choose from."""
        self.joining.choices, self.capacity.choices, self.sending.choices = JOINING, PLACES, SENDING

    def validate_introduction_email(self, field: Field) -> None:
        """Want an address, and one of the two where people are introduced."""
        check_text(field, TextForm.EMAIL)
        is_wanted = self.sending.data == Sending.INTRODUCTION.value
        if is_wanted and not field.data and not self.introduction_phone.data:
            raise ValidationError("Enter where introductions go: an e-mail address, or a telephone number below")

    def validate_introduction_phone(self, field: Field) -> None:
        """Want a number."""
        check_text(field, TextForm.PHONE)

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed; a number that does not go with the answer is left out."""
        capacity = chosen_of(Capacity, self.capacity.data)
        return dataclasses.replace(
            content,
            joining=chosen_of(Joining, self.joining.data),
            how_to_join=self.how_to_join.data or "",
            capacity=capacity,
            places_left=self.places_left.data if capacity is Capacity.PLACES else None,
            waiting_weeks=self.waiting_weeks.data if capacity is Capacity.WAITING_LIST else None,
            sending=chosen_of(Sending, self.sending.data) or Sending.SIGNPOST,
            introduction_email=self.introduction_email.data or "",
            introduction_phone=self.introduction_phone.data or "",
        )


def check_text(field: Field, form: TextForm) -> None:
    """Raise ValidationError when a text has not the form that it needs; nothing is fine."""
    if field.data and problem_with(form, field.data):
        raise ValidationError(_SENTENCES[form])


_SENTENCES = {
    TextForm.EMAIL: "Enter an e-mail address in full, like name@example.org",
    TextForm.PHONE: "Enter a telephone number, like 020 7946 0018",
    TextForm.URL: "Enter the web address in full, like https://www.example.org",
}
