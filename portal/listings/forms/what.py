"""What it is: name, sort, sentences, and the words under which it is found."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from wtforms import Field, RadioField, SelectField
from wtforms.validators import ValidationError

from portal.core.forms import told
from portal.directory.models import Organisation, ServiceKind, Taxonomy
from portal.listings.content import Content
from portal.listings.forms.step import StepForm, boxes, chosen_of, line, lines, terms_to_choose, ticked

KINDS = [
    (ServiceKind.ACTIVITY.value, "Something people come and do, like a class or a club"),
    (ServiceKind.SERVICE.value, "Help or advice"),
    (ServiceKind.PLACE.value, "A place that anybody may use, like a garden or a library"),
]
MOST_CATEGORIES = 3


class WhatForm(StepForm):
    """The step "What it is"."""

    name = line("Name", 200, missing="Enter a name")
    kind = RadioField("What sort of thing is it?", validate_choice=False)
    summary = line("In one sentence, what is it?", 300, missing="Say in one sentence what it is")
    description = lines("More about it", 10_000)
    categories = boxes("Where should people find it?")
    needs = boxes("What does it help with?")

    @classmethod
    def shown(cls, content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed."""
        return {
            "name": content.name, "kind": content.kind.value, "summary": content.summary,
            "description": content.description, "categories": list(content.categories), "needs": list(content.needs),
        }  # fmt: skip

    def offer(self, content: Content) -> None:
        """Set the terms to choose from; an opportunity that was listed by itself stays one."""
        self.categories.choices = terms_to_choose(Taxonomy.CATEGORY, content.categories)
        self.needs.choices = terms_to_choose(Taxonomy.NEED, content.needs)
        volunteering = [(ServiceKind.VOLUNTEERING.value, "Volunteers wanted")]
        self.kind.choices = [*KINDS, *(volunteering if content.kind is ServiceKind.VOLUNTEERING else [])]

    def validate_categories(self, _field: Field) -> None:
        """Want one to three."""
        check_categories(ticked(self.categories))

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        return dataclasses.replace(
            content,
            name=self.name.data or "",
            kind=chosen_of(ServiceKind, self.kind.data) or content.kind,
            summary=self.summary.data or "",
            description=self.description.data or "",
            categories=ticked(self.categories),
            needs=ticked(self.needs),
        )


class NewForm(WhatForm):
    """The first page: the group, if there are several, the name, and what it is. All else can wait."""

    group = SelectField("Which group is it for?", validate_choice=False)
    kind = RadioField(
        "What sort of thing is it?",
        default=ServiceKind.ACTIVITY.value,
        validate_choice=False,
        validators=[told("Choose what sort of thing it is")],
    )

    def offer_groups(self, groups: Iterable[Organisation]) -> None:
        """Set the groups to choose from."""
        self.group.choices = [(str(one.id), one.name) for one in groups]


def check_categories(chosen: tuple[str, ...]) -> None:
    """Raise ValidationError unless one to three are chosen."""
    if not chosen:
        raise ValidationError("Choose where people should find it")
    if len(chosen) > MOST_CATEGORIES:
        raise ValidationError(f"Choose {MOST_CATEGORIES} at most. You have chosen {len(chosen)}")
