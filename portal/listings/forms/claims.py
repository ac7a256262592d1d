"""Forms by which a group is claimed, objected to, and decided about."""

import re
from collections.abc import Sequence

from wtforms import HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import ValidationError

from portal.accounts.forms import RefusableForm
from portal.core.forms import LONGEST_ADDRESS, line_field, told
from portal.listings.forms.groups import words_field
from portal.listings.models import Proof
from portal.listings.operations.claims import Evidence
from portal.listings.proofs import CodeWay

DOMAIN, MODERATOR = "domain", "moderator"


class ClaimForm(RefusableForm):
    """How somebody proves that they speak for a group."""

    proof = RadioField("How can you show it?", validate_choice=False, validators=[told("Choose a way")])
    address = line_field("Your e-mail address at the group", most=LONGEST_ADDRESS)
    about = words_field("How do you belong to the group, and how can we check it?")

    def offer(self, domain: str, ways: Sequence[CodeWay]) -> None:
        """Set the ways that there are for this group; `domain` is its own, or ""."""
        offered = [(DOMAIN, f"An e-mail to my address at {domain}")] if domain else []
        offered += [(way.key, f"A code by {way.in_words}") for way in ways]
        self.proof.choices = [*offered, (MODERATOR, "Have a moderator look")]
        self.ways = {way.key: way for way in ways}

    def validate_proof(self, field: RadioField) -> None:
        """Refuse a way that was not offered."""
        if field.data not in {value for value, *_words in field.iter_choices()}:
            raise ValidationError("Choose a way from the list")

    def validate_address(self, field: StringField) -> None:
        """Ask for the address where it is the proof."""
        if self.proof.data == DOMAIN and not field.data:
            raise ValidationError("Enter your e-mail address at the group")

    def validate_about(self, field: StringField) -> None:
        """Ask a moderator's question where a moderator looks."""
        if self.proof.data == MODERATOR and not field.data:
            raise ValidationError("Say how you belong to the group, so that a moderator can check it")

    @property
    def evidence(self) -> Evidence:
        """What was chosen, once the form is well made."""
        about = self.about.data or ""
        if self.proof.data == DOMAIN:
            return Evidence(proof=Proof.DOMAIN, address=self.address.data or "", about=about)
        if self.proof.data == MODERATOR:
            return Evidence(proof=Proof.MODERATOR, about=about)
        return Evidence(proof=Proof.CODE, way=self.ways[str(self.proof.data)], about=about)


class CodeForm(RefusableForm):
    """Six digits, however they are written."""

    code = line_field("The code", missing="Enter the six digits of the code", most=20)

    def validate_code(self, _field: StringField) -> None:
        """Refuse what cannot be a code, without counting it as a try."""
        if not re.fullmatch(r"\d{6}", self.digits, re.ASCII):
            raise ValidationError("Enter the six digits of the code")

    @property
    def digits(self) -> str:
        """The code without blanks and hyphens."""
        return re.sub(r"[\s-]", "", self.code.data or "")


class ObjectionForm(RefusableForm):
    """Why somebody should not keep a group."""

    words = words_field("What is not right?", missing="Say in a few words what is not right")


class DecisionForm(RefusableForm):
    """A moderator's decision about a claim; `seen` is how it stood on the page."""

    seen = HiddenField()
    decision = RadioField(
        "What do you decide?",
        choices=[SelectChoice("accept", "Accept it"), SelectChoice("refuse", "Refuse it")],
        validators=[told("Choose what you decide")],
    )
    why = words_field("Why")

    def validate_why(self, field: StringField) -> None:
        """Ask for the reason of a refusal, since the claimant is told."""
        if self.decision.data == "refuse" and not field.data:
            raise ValidationError("Say why, since the claimant is told")
