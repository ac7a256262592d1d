"""Dates, times, money and distances in the words that the pages use."""

import datetime as dt
from collections.abc import Sequence

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_in_words(day: dt.date, *, today: dt.date | None = None) -> str:
    """Return "Tuesday 24 November"; with `today`, the year follows where it is needed: in the past, or far ahead."""
    words = f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
    if today is not None and (day < today or (day.year != today.year and (day - today).days > 180)):
        words += f" {day.year}"
    return words


def date_in_words(day: dt.date) -> str:
    """Return "24 November 2026"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_in_words(time: dt.time, *, bare: bool = False) -> str:
    """Return "10.30am", "6pm", "12 noon" or "midnight"; `bare` leaves am and pm away."""
    if (time.hour, time.minute) == (12, 0):
        return "12" if bare else "12 noon"
    if (time.hour, time.minute) in {(0, 0), (23, 59)}:
        return "12" if bare else "midnight"
    hour = time.hour % 12 or 12
    minutes = f".{time.minute:02d}" if time.minute else ""
    return f"{hour}{minutes}{'' if bare else 'am' if time.hour < 12 else 'pm'}"


def span_in_words(opens: dt.time | None, closes: dt.time | None) -> str:
    """Return "10.30am to 1pm", "2 to 4pm", "10am" or "" for London times of one day."""
    if opens is None:
        return ""
    if closes is None:
        return time_in_words(opens)
    noon = dt.time(12)
    same_half = (
        (opens < noon) == (closes < noon) and opens not in {noon, dt.time()} and closes not in {noon, dt.time(23, 59)}
    )
    return f"{time_in_words(opens, bare=same_half)} to {time_in_words(closes)}"


def money_in_words(pence: int) -> str:
    """Return "free", "50p", "£2" or "£12.50"."""
    if pence == 0:
        return "free"
    if pence < 100:
        return f"{pence}p"
    return f"£{pence // 100}" if pence % 100 == 0 else f"£{pence / 100:.2f}"


def miles_in_words(miles: float) -> str:
    """Return "0.3 miles", "1 mile" or "less than 0.1 miles", to the nearest tenth."""
    tenths = round(miles, 1)
    if tenths < 0.1:
        return "less than 0.1 miles"
    return "1 mile" if tenths == 1 else f"{tenths:g} miles"


def list_in_words(items: Sequence[str], *, last: str = "and") -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def ago_in_words(days: int) -> str:
    """Return "today", "yesterday", "11 days ago", "5 weeks ago" or "7 months ago"."""
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days < 29:
        return f"{days} days ago"
    if days < 70:
        return f"{days // 7} weeks ago"
    if days < 730:
        return f"{round(days / 30.44)} months ago"
    return f"{days // 365} years ago"


def count_in_words(number: int, one: str, many: str | None = None) -> str:
    """Return "1 thing" or "14 things"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
