"""Who it is for: ages, people, where they live, and languages."""

import dataclasses
from typing import Any

from wtforms import Field
from wtforms.validators import NumberRange, Optional, ValidationError

from portal.core.wording import list_in_words
from portal.directory.languages import code_of, language_name
from portal.directory.models import Taxonomy
from portal.geo.models import AreaKind
from portal.geo.queries import list_areas
from portal.listings.content import Content
from portal.listings.forms.step import StepForm, WholeNumberField, boxes, line, terms_to_choose, ticked

_AGE = NumberRange(min=0, max=120, message="Enter an age from 0 to 120")


class WhoForm(StepForm):
    """The step "Who it is for". Nothing of it has to be filled in."""

    audiences = boxes("Is it for some people more than others?")
    minimum_age = WholeNumberField("Youngest age", validators=[Optional(), _AGE])
    maximum_age = WholeNumberField("Oldest age", validators=[Optional(), _AGE])
    languages = line("Languages that people there speak", 300)
    areas = boxes("Only for people who live in")

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed."""
        return {
            "audiences": list(content.audiences),
            "minimum_age": content.minimum_age, "maximum_age": content.maximum_age,
            "languages": ", ".join(language_name(code) for code in content.languages), "areas": list(content.areas),
        }  # fmt: skip

    def offer(self, content: Content) -> None:
        """Set what there is to choose from; wards are too many, but one that was chosen stays."""
        self.audiences.choices = terms_to_choose(Taxonomy.AUDIENCE, content.audiences)
        self.areas.choices = [
            (one.slug, one.name)
            for one in list_areas()
            if one.kind is not AreaKind.WARD or one.slug in content.areas
        ]  # fmt: skip

    def validate_maximum_age(self, field: Field) -> None:
        """The oldest is not younger than the youngest."""
        if field.data is not None and self.minimum_age.data is not None and field.data < self.minimum_age.data:
            raise ValidationError("The oldest age is lower than the youngest. Look at both again")

    def validate_languages(self, field: Field) -> None:
        """Know every language."""
        strange = [name for name in _names(field.data) if code_of(name) is None]
        if strange:
            raise ValidationError(f"We do not know {list_in_words(strange)[:80]}. Write it as in “Turkish, Somali”")

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        codes = (code_of(name) for name in _names(self.languages.data))
        return dataclasses.replace(
            content,
            audiences=ticked(self.audiences),
            minimum_age=self.minimum_age.data,
            maximum_age=self.maximum_age.data,
            languages=tuple(dict.fromkeys(code for code in codes if code is not None)),
            areas=ticked(self.areas),
        )


def _names(text: str | None) -> list[str]:
    return [name for part in (text or "").replace(";", ",").split(",") if (name := part.strip())]
