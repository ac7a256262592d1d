"""The form of one rule of a timetable, and of the note that stands below all of them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace

from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, TextAreaField

from portal.accounts.forms import read_id
from portal.accounts.site_forms import VersionedForm, tidy
from portal.core import clock
from portal.core.forms import Longest, line_field
from portal.core.wording import DAYS, date_in_words, time_in_words
from portal.directory.models import Frequency
from portal.directory.schedules import WEEKDAYS, parse_day
from portal.listings.content import Venue, When
from portal.listings.forms.days import NotADayError, read_day, read_days, read_time, write_days

WEEKLY, FORTNIGHTLY, MONTHLY, DATES = "weekly", "fortnightly", "monthly", "dates"
_OFTEN = [
    (WEEKLY, "Every week"),
    (FORTNIGHTLY, "Every two weeks"),
    (MONTHLY, "Once a month or so"),
    (DATES, "On certain dates"),
]
_WHICH = [("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), ("-1", "Last")]
_LONGEST = Longest(3000)
# What fits into the directory's field for the days of a rule.
MOST_A_MONTH = 10
_MIDNIGHT = dt.time(23, 59)


class WhenForm(VersionedForm):
    """One rule. Only what the chosen "how often" needs is looked at."""

    often = RadioField("How often", default=WEEKLY)
    days = SelectMultipleField("On which day")
    which = SelectMultipleField("Which one of the month")
    dates = TextAreaField("On which dates", filters=[tidy], validators=[_LONGEST])
    opens_at = line_field("Starts at", most=20)
    closes_at = line_field("Ends at", most=20)
    starts_on = line_field("First day", most=40)
    ends_on = line_field("Last day", most=40)
    term_time_only = BooleanField("Only in term time: not in the school holidays")
    not_on_bank_holidays = BooleanField("Not on bank holidays")
    except_on = TextAreaField("Dates when it is not on", filters=[tidy], validators=[_LONGEST])
    also_on = TextAreaField("Extra dates", filters=[tidy], validators=[_LONGEST])
    venue = SelectField("At which place", validate_choice=False)

    def offer(self, venues: Sequence[Venue]) -> None:
        """Set what there is to choose from; places are those of the listing."""
        self.often.choices, self.which.choices = list(_OFTEN), list(_WHICH)
        self.days.choices = list(zip(WEEKDAYS, DAYS, strict=True))
        named = [(str(venue.id), venue.name or venue.postcode or "The place without a name") for venue in venues]
        self.venue.choices = [("", "At all of them"), *named]

    def show(self, rule: When) -> None:
        """Fill the fields with a rule that `can_show`."""
        pairs = [parse_day(part) for part in rule.by_day.split(",") if part]
        self.often.data = _often(rule)
        self.days.data = list(WEEKDAYS) if rule.frequency is Frequency.DAILY else [WEEKDAYS[day] for _, day in pairs]
        self.which.data = [str(which) for which, _day in pairs if which]
        once = rule.frequency is Frequency.ONCE
        dates = {rule.starts_on, *rule.also_on} if once else set()
        self.dates.data = write_days(day for day in dates if day)
        self.also_on.data = "" if once else write_days(rule.also_on)
        self.except_on.data = write_days(rule.except_on)
        self.opens_at.data = time_in_words(rule.opens_at) if rule.opens_at else ""
        self.closes_at.data = time_in_words(rule.closes_at) if rule.closes_at else ""
        counts = not once and rule.starts_on and (rule.interval > 1 or rule.starts_on > clock.today())
        self.starts_on.data = date_in_words(rule.starts_on) if rule.starts_on and counts else ""
        self.ends_on.data = date_in_words(rule.ends_on) if rule.ends_on else ""
        self.term_time_only.data = rule.term_time_only
        self.not_on_bank_holidays.data = rule.not_on_bank_holidays
        self.venue.data = str(rule.venue or "")

    def is_blank(self) -> bool:
        """Say whether nothing was typed or ticked that makes a rule."""
        typed = (self.dates, self.opens_at, self.closes_at, self.starts_on, self.ends_on, self.also_on, self.days)
        return not any(field.data for field in typed)

    def read_rule(self) -> When | None:
        """Return the rule that was typed, or None when there is something to put right, which stands at its field."""
        if not self.validate():
            return None
        rule = When(
            opens_at=self._time(self.opens_at, "when it starts"),
            closes_at=self._time(self.closes_at, "when it ends"),
            except_on=self._days(self.except_on),
            term_time_only=self.term_time_only.data,
            not_on_bank_holidays=self.not_on_bank_holidays.data,
            venue=self._venue(),
        )
        if rule.closes_at == dt.time():
            rule = replace(rule, closes_at=_MIDNIGHT)
        if rule.closes_at and not rule.opens_at:
            self._fault(self.opens_at, "Enter when it starts as well")
        elif rule.closes_at and rule.opens_at and rule.closes_at <= rule.opens_at:
            self._fault(self.closes_at, "It ends before it starts. Enter a later time, with am or pm")
        rule = self._with_dates(rule) if self.often.data == DATES else self._with_days(rule)
        return None if self.errors else rule

    def _with_dates(self, rule: When) -> When:
        if not self.dates.data:
            self._fault(self.dates, "Enter at least one date")
        days = self._days(self.dates)
        if not days:
            return rule
        return replace(rule, frequency=Frequency.ONCE, starts_on=days[0], also_on=days[1:])

    def _with_days(self, rule: When) -> When:
        days, which = self.days.data or [], self.which.data or []
        first, last = self._day(self.starts_on), self._day(self.ends_on)
        if not days:
            self._fault(self.days, "Choose at least one day")
        if first and last and last < first:
            self._fault(self.ends_on, "The last day is before the first one")
        rule = replace(rule, starts_on=first, ends_on=last, also_on=self._days(self.also_on))
        if self.often.data == MONTHLY:
            if not which:
                self._fault(self.which, "Choose which one of the month, like the first")
            elif len(which) * len(days) > MOST_A_MONTH:
                self._fault(self.which, f"These are more than {MOST_A_MONTH} days a month. Add a second rule instead")
            by_day = ",".join(f"{number}{day}" for number in which for day in days)
            return replace(rule, frequency=Frequency.MONTHLY, by_day=by_day)
        if self.often.data == FORTNIGHTLY:
            self._check_first(first, days)
            rule = replace(rule, interval=2)
        return replace(rule, frequency=Frequency.WEEKLY, by_day=",".join(days))

    def _check_first(self, first: dt.date | None, days: Sequence[str]) -> None:
        """Every second week has to be counted from somewhere."""
        if first is None and not self.starts_on.errors:
            self._fault(self.starts_on, "Enter the day when the next one is, so that we know which weeks")
        elif first and days and WEEKDAYS[first.weekday()] not in days:
            self._fault(
                self.starts_on, f"{date_in_words(first)} is a {DAYS[first.weekday()]}, which is not ticked above"
            )

    def _venue(self) -> uuid.UUID | None:
        offered = {choice[0] for choice in self.venue.iter_choices()}
        return read_id(self.venue.data) if self.venue.data in offered else None

    def _time(self, field: Field, what: str) -> dt.time | None:
        if not field.data:
            return None
        try:
            return read_time(field.data, what)
        except NotADayError as error:
            self._fault(field, str(error))
        return None

    def _day(self, field: Field) -> dt.date | None:
        if not field.data:
            return None
        try:
            return read_day(field.data)
        except NotADayError as error:
            self._fault(field, str(error))
        return None

    def _days(self, field: Field) -> tuple[dt.date, ...]:
        try:
            return read_days(field.data or "")
        except NotADayError as error:
            self._fault(field, str(error))
        return ()

    @staticmethod
    def _fault(field: Field, message: str) -> None:
        field.errors = [*field.errors, message]


class WhenNoteForm(VersionedForm):
    """What no rule can say."""

    note = line_field("Anything else about when", most=300)


def can_show(rule: When) -> bool:
    """Say whether the form has fields for all of a rule; an import can bring others."""
    return bool(_often(rule))


def _often(rule: When) -> str:
    pairs = [parse_day(part) for part in rule.by_day.split(",") if part]
    which = {number for number, _day in pairs}
    days = {day for _number, day in pairs}
    if rule.frequency is Frequency.ONCE:
        return DATES
    if rule.frequency is Frequency.DAILY:
        return WEEKLY if rule.interval == 1 and not pairs else ""
    if rule.frequency is Frequency.WEEKLY and pairs and which == {0}:
        return {1: WEEKLY, 2: FORTNIGHTLY}.get(rule.interval, "")
    is_square = len(pairs) == len(which) * len(days) and not which & {0, 5}
    return MONTHLY if rule.interval == 1 and pairs and is_square else ""
