"""The forms of the two lists of words."""

from collections.abc import Sequence

from wtforms import SelectMultipleField, TextAreaField

from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.forms import line_field, stripped, told
from portal.directory.models import TaxonomyTerm
from portal.search.words.entries import Entry
from portal.search.words.operations import MOST_LETTERS, MOST_NOTE


class WordsForm(VersionedForm):
    """What people say, and what it leads to."""

    said = line_field("What people type", missing="Enter a word or a phrase", most=MOST_LETTERS)
    same = TextAreaField("Other words that mean the same (two-way)", filters=[tidy])
    phrases = TextAreaField("Words to look up besides (one-way)", filters=[tidy])
    needs = SelectMultipleField("Needs that it speaks of", validate_choice=False)
    categories = SelectMultipleField("Kinds of service that it speaks of", validate_choice=False)
    note = line_field("Note for moderators", most=MOST_NOTE)

    def offer(self, needs: Sequence[TaxonomyTerm], categories: Sequence[TaxonomyTerm]) -> None:
        """Set the needs and categories that there are, those that are offered no longer where they are chosen."""
        for field, terms in ((self.needs, needs), (self.categories, categories)):
            chosen = set(field.data or ())
            field.choices = [(term.slug, term.shown_as) for term in terms if term.is_offered or term.slug in chosen]

    def show(self, entry: Entry) -> None:
        """Fill the form with an entry, unless something was typed."""
        self.said.data, self.note.data = entry.said, entry.note
        self.same.data, self.phrases.data = "\n".join(entry.same), "\n".join(entry.phrases)
        self.needs.data, self.categories.data = list(entry.needs), list(entry.categories)

    def entry(self) -> Entry:
        """Return what was typed."""
        return Entry(
            said=self.said.data or "",
            same=tuple((self.same.data or "").splitlines()),
            phrases=tuple((self.phrases.data or "").splitlines()),
            needs=tuple(self.needs.data or ()),
            categories=tuple(self.categories.data or ()),
            note=self.note.data or "",
        )


class CrisisForm(VersionedForm):
    """A phrase of crisis."""

    said = line_field("What people type", missing="Enter a word or a phrase", most=MOST_LETTERS)
    note = line_field("Note for moderators", most=MOST_NOTE)


class RemovalForm(VersionedForm):
    """Why an entry goes, where somebody wants to say so."""

    why = TextAreaField("Why it goes", filters=[stripped])


class CrisisRemovalForm(VersionedForm):
    """Why a phrase of crisis goes."""

    why = TextAreaField("Why it goes", filters=[stripped], validators=[told("Say why it goes")])
