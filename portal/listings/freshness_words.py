"""What the messages and pages say of a listing's age."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from portal.core.clock import LONDON
from portal.core.wording import date_in_words, day_in_words, list_in_words
from portal.listings.ageing import NOTICE_MONTHS, UNPUBLISH_FROM_MONTHS, add_months, sinks_on
from portal.listings.asking import Way
from portal.listings.queries.freshness import Aged
from portal.messages.models import Channel

_BY = {Channel.EMAIL: "e-mail", Channel.SMS: "text message", Channel.LETTER: "letter"}
_LINK = {
    Channel.EMAIL: "by e-mail link",
    Channel.SMS: "by link in a text message",
    Channel.LETTER: "by link in a letter",
}


def off_on(one: Aged, today: dt.date) -> dt.date:
    """Return the London day on which a listing is taken off if nobody confirms it."""
    asked_on = one.first_asked_on or today
    return max(add_months(one.counted_from, UNPUBLISH_FROM_MONTHS), add_months(asked_on, NOTICE_MONTHS))


def what_next(one: Aged, today: dt.date) -> str:
    """Return when a listing was confirmed last, and what happens next and when."""
    off, sinks = date_in_words(off_on(one, today)), sinks_on(one.counted_from)
    last = f"Last word on {date_in_words(one.counted_from)}."
    if today >= sinks:
        return (
            f"{last} It stands lower in the results now, and readers are told to ring first. On {off} it is taken off."
        )
    return (
        f"{last} If we hear nothing, it moves down in the results on {date_in_words(sinks)}, and is taken off on {off}."
    )


def taken_off_in_words(ones: Sequence[Aged], names: Mapping[uuid.UUID, str]) -> str:
    """Return the listings that were taken off, with the day of the last word on each."""
    return "\n\n".join(f"{names[one.service_id]}\nLast word on {date_in_words(one.counted_from)}." for one in ones[:40])


def first_of(names: Sequence[str]) -> str:
    """Return "Lunch club" or "Lunch club and 2 more"."""
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def told_in_words(ways: Sequence[Way]) -> str:
    """Return by which ways a group was told, for moderators."""
    by = list(dict.fromkeys(_BY[way.channel] for way in ways if way.channel is not None))
    told = f"The group is told by {list_in_words(by)}. " if by else ""
    rest = "" if all(way.channel for way in ways) else "Some of it cannot be told by message: it is on the call list."
    return (told + rest).strip()


def ends_in_words(at: dt.datetime) -> str:
    """Return the London day on which a link ends: "Friday 22 January"."""
    return day_in_words(at.astimezone(LONDON).date())


def by_link(sent_to: str) -> str:
    """Return how a listing was confirmed by a link that went to this address."""
    if "@" in sent_to:
        return _LINK[Channel.EMAIL]
    return _LINK[Channel.LETTER if "\n" in sent_to else Channel.SMS]
