"""What the forms of all steps share: they are filled from a content and give back one that is changed."""

import enum
from collections.abc import Sequence
from typing import Any, TypeVar

from wtforms import Field, FieldList, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.editing import RefusedChangeError
from portal.core.forms import Fault, stripped, told
from portal.directory.models import Taxonomy
from portal.directory.queries import list_terms
from portal.listings.content import Content
from portal.listings.operations.drafts import Private

Chosen = TypeVar("Chosen", bound=enum.Enum)


class StepForm(VersionedForm):
    """One step of writing a listing. It changes the fields of a content that it asks for, and no others."""

    @classmethod
    def shown(cls, _content: Content) -> dict[str, Any]:
        """Return what stands in the fields before anybody typed."""
        return {}

    def offer(self, content: Content) -> None:
        """Set what there is to choose from."""

    def changed(self, content: Content) -> Content:
        """Return the content with what was typed."""
        return content

    def empty_line(self, _content: Content) -> str:
        """Return the id of the first empty line of its list, once a content is saved; "" where there is no list."""
        return ""

    def private(self) -> Private | None:
        """Return whom we reach, where the step asks for it."""
        return None

    def refuse(self, error: RefusedChangeError) -> None:
        """Show what was refused at its field, or at the top when this step has no such field."""
        if isinstance(self._fields.get(error.field), FieldList):
            error = RefusedChangeError("", error.message)
        super().refuse(error)

    def faults(self) -> Sequence[Fault]:
        """Return what is wrong, also within the rows of a list."""
        lists = [one for one in self if isinstance(one, FieldList)]
        names = {one.id for one in lists}
        rows = [row for one in lists for entry in one.entries for row in entry.form]
        within = [Fault(row.id, message) for row in rows for message in row.errors[:1]]
        return [*(fault for fault in super().faults() if fault.field not in names), *within]


class Most:
    """Refuse a text that is too long, saying how long it is."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, _form: Any, field: Field) -> None:
        """Raise for more than `limit` characters."""
        if len(field.data or "") > self.limit:
            raise ValidationError(f"This has {len(field.data):,} letters and signs. Use {self.limit:,} or fewer")


class WholeNumberField(IntegerField):
    """A whole number that may be left empty, with an error in plain words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        text = (stripped(valuelist[0]) or "") if valuelist else ""
        self.data = None
        if text:
            if not (text.isascii() and text.isdigit() and len(text) < 6):
                raise ValueError("Enter a whole number, like 12")
            self.data = int(text)


def line(label: str, most: int, *, missing: str = "") -> StringField:
    """Return a field for one line; required when `missing` says what to enter."""
    return StringField(label, filters=[stripped], validators=[*([told(missing)] if missing else []), Most(most)])


def lines(label: str, most: int) -> TextAreaField:
    """Return a field for several lines."""
    return TextAreaField(label, filters=[tidy], validators=[Most(most)])


def boxes(label: str) -> SelectMultipleField:
    """Return tick boxes; what was not offered is left out by `ticked`."""
    return SelectMultipleField(label, validate_choice=False)


def ticked(field: SelectMultipleField) -> tuple[str, ...]:
    """Return what is ticked, in the order in which it was offered."""
    chosen = set(field.data or [])
    return tuple(value for value, *_rest in field.iter_choices() if value in chosen)


def chosen_of(kind: type[Chosen], text: str | None) -> Chosen | None:
    """Return the member that was chosen, or None for nothing or anything else."""
    return next((one for one in kind if one.value == text), None)


def terms_to_choose(taxonomy: Taxonomy, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Return the terms of a list that are offered, or already chosen."""
    return [(one.slug, one.shown_as) for one in list_terms(taxonomy) if one.is_offered or one.slug in chosen]
