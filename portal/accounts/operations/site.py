"""Changes of what a site says of itself. Each writes a new version of one subject and keeps the earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import site as reading
from portal.core.colours import problem_with_colour, read_colour
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.settings import CrisisLine
from portal.core.site import SiteFacts, SiteVersion, Subject, digits, is_emergency
from portal.core.text import clean

MOST_LINES = 12
LONGEST_STATEMENT = 20_000


def change_site(
    *,
    actor: str,
    name: str,
    place_name: str,
    phone: str,
    phone_hours: str,
    main_colour: str = "",
    expected: int | None = None,
) -> None:
    """Set the name of the site and its place, the one telephone number with its hours, and the main colour.

    An empty colour keeps the present one. `expected` is the version that the editor saw; None does not ask. Raises
    RefusedChangeError with the field, and ChangedMeanwhileError with the present facts.
    """
    with transaction() as session:
        set_site(
            session, actor=actor, name=name, place_name=place_name, phone=phone, phone_hours=phone_hours,
            main_colour=main_colour, expected=expected,
        )  # fmt: skip


def set_site(
    session: Session,
    *,
    actor: str,
    name: str,
    place_name: str,
    phone: str,
    phone_hours: str,
    main_colour: str = "",
    expected: int | None = None,
) -> None:
    """Do what `change_site` does, within a transaction that is already open."""
    colour = checked_colour(main_colour) if main_colour else reading.site().main_colour
    value = {
        "name": clean(name, limit=60),
        "place_name": clean(place_name, limit=60),
        "phone": clean(phone, limit=30),
        "phone_hours": clean(phone_hours, limit=100),
        "main_colour": colour,
    }
    for field, missing in (("name", "Enter the name of the site"), ("phone_hours", "Say when somebody answers")):
        if not value[field]:
            raise RefusedChangeError(field, missing)
    _check_number(value["phone"], "phone")
    _store(session, Subject.FACTS, value, actor=actor, expected=expected)


def checked_colour(text: str) -> str:
    """Return a main colour as "#rrggbb". Raises RefusedChangeError when it is none or cannot be read."""
    try:
        colour = read_colour(text)
    except ValueError:
        raise RefusedChangeError("main_colour", "Write the colour as # and six signs, like #6a2353") from None
    if problem := problem_with_colour(colour):
        raise RefusedChangeError("main_colour", problem)
    return colour


def add_crisis_line(*, actor: str, line: CrisisLine, expected: int) -> None:
    """Put a crisis number at the end of the list. Raises as `change_crisis_line` does."""
    lines = _lines(expected)
    if len(lines) >= MOST_LINES:
        raise RefusedChangeError("number", f"There are {MOST_LINES} numbers already. Take one away first.")
    _set_lines([*lines, _checked(line)], actor=actor, expected=expected)


def change_crisis_line(*, actor: str, key: str, line: CrisisLine, expected: int) -> None:
    """Change the line whose number has the digits `key`.

    Raises RefusedChangeError, ChangedMeanwhileError, and LookupError when there is no such line.
    """
    lines = _lines(expected)
    place = _place(lines, key)
    if is_emergency(lines[place]) and not is_emergency(line):
        raise RefusedChangeError("number", "The emergency number is 999 and cannot be changed")
    lines[place] = _checked(line)
    _set_lines(lines, actor=actor, expected=expected)


def move_crisis_line(*, actor: str, key: str, by: int, expected: int) -> None:
    """Move a line up (-1) or down (1). The emergency line stays first. Raises as `change_crisis_line` does."""
    lines = _lines(expected)
    place = _place(lines, key)
    to = place + by
    if is_emergency(lines[place]) or not 0 <= to < len(lines) or is_emergency(lines[to]):
        return
    lines[place], lines[to] = lines[to], lines[place]
    _set_lines(lines, actor=actor, expected=expected)


def remove_crisis_line(*, actor: str, key: str, expected: int) -> None:
    """Take a line away; never the emergency one. Raises as `change_crisis_line` does."""
    lines = _lines(expected)
    place = _place(lines, key)
    if is_emergency(lines[place]):
        raise RefusedChangeError("", "The emergency number cannot be taken away")
    del lines[place]
    _set_lines(lines, actor=actor, expected=expected)


def set_crisis_lines(session: Session, *, actor: str, lines: Sequence[CrisisLine], expected: int | None = None) -> None:
    """Set the whole list, within a transaction that is already open; the emergency line is put first if it lacks.

    Raises RefusedChangeError and ChangedMeanwhileError.
    """
    checked = [_checked(line) for line in lines]
    emergency = [line for line in checked if is_emergency(line)] or [reading.EMERGENCY]
    checked = [*emergency, *(line for line in checked if not is_emergency(line))]
    numbers = [digits(line.number) for line in checked]
    if len(set(numbers)) < len(numbers):
        raise RefusedChangeError("number", "This number is in the list already")
    _store(session, Subject.CRISIS, {"lines": [asdict(line) for line in checked]}, actor=actor, expected=expected)


def change_statement(*, actor: str, subject: Subject, text: str, expected: int) -> None:
    """Store a new version of the privacy or the cookie statement. Raises as `change_site` does."""
    kept = clean(text, lines=True)
    if not kept:
        raise RefusedChangeError("text", "Write the statement. An empty one would promise nothing.")
    if len(kept) > LONGEST_STATEMENT:
        raise RefusedChangeError("text", f"Use {LONGEST_STATEMENT:,} letters or fewer. You have {len(kept):,}.")
    with transaction() as session:
        _store(session, subject, {"text": kept}, actor=actor, expected=expected)


def restore_statement(*, actor: str, subject: Subject, number: int, expected: int) -> None:
    """Make an earlier version the present one, as a new version; number 0 is the text that ships.

    Raises ChangedMeanwhileError, and LookupError when there is no such version.
    """
    with transaction() as session:
        earlier = session.get(SiteVersion, (subject, number)) if number else None
        if number and earlier is None:
            raise LookupError(number)
        value = earlier.value if earlier else {"text": ""}
        _store(session, subject, value, actor=actor, expected=expected, restored=number)


def _lines(expected: int) -> list[CrisisLine]:
    """Return the present lines. Raises ChangedMeanwhileError unless they are of the version expected."""
    facts = _facts_now()
    if facts.version(Subject.CRISIS) != expected:
        raise ChangedMeanwhileError(facts)
    return list(facts.crisis_lines)


def _facts_now() -> SiteFacts:
    reading.forget()
    return reading.site()


def _set_lines(lines: Sequence[CrisisLine], *, actor: str, expected: int) -> None:
    with transaction() as session:
        set_crisis_lines(session, actor=actor, lines=lines, expected=expected)


def _place(lines: Sequence[CrisisLine], key: str) -> int:
    for place, line in enumerate(lines):
        if digits(line.number) == key:
            return place
    raise LookupError(key)


def _checked(line: CrisisLine) -> CrisisLine:
    """Return a line with its texts cleaned. Raises RefusedChangeError when one is missing or not a number."""
    line = replace(
        line,
        name=clean(line.name, limit=80),
        number=clean(line.number, limit=30),
        about=clean(line.about, limit=200),
    )
    if not line.name:
        raise RefusedChangeError("name", "Enter whom people reach")
    _check_number(line.number, "number")
    if not line.about:
        raise RefusedChangeError("about", "Say in one plain sentence when to ring")
    return line


def _check_number(number: str, field: str) -> None:
    if not 3 <= len(digits(number)) <= 15 or set(number) - set("0123456789 +()"):
        raise RefusedChangeError(field, "Enter a telephone number, like 020 7946 0100")


def _store(
    session: Session,
    subject: Subject,
    value: Mapping[str, Any],
    *,
    actor: str,
    expected: int | None,
    restored: int | None = None,
) -> None:
    """Add a version, unless it says what the present one says. Raises ChangedMeanwhileError."""
    newest = session.scalar(
        sa.select(SiteVersion).where(SiteVersion.subject == subject).order_by(SiteVersion.number.desc()).limit(1)
    )
    number = newest.number if newest else 0
    if expected is not None and expected != number:
        raise ChangedMeanwhileError(_facts_now())
    if newest is not None and newest.value == value:
        return
    session.add(SiteVersion(subject=subject, number=number + 1, value=dict(value), changed_by=actor))
    try:
        session.flush()
    except IntegrityError:  # somebody else was quicker by a moment
        session.rollback()
        raise ChangedMeanwhileError(_facts_now()) from None
    is_text = subject in {Subject.PRIVACY, Subject.COOKIES}
    before: dict[str, object] = {"version": number}
    after: dict[str, object] = {"version": number + 1}
    if is_text:
        after |= {"text": "changed"} if restored is None else {"text": f"as in version {restored}"}
    else:
        before |= newest.value if newest else {}
        after |= value
    note(session, actor=actor, act=f"{subject.value}:change", about="site", before=before, after=after)
    reading.forget_after_commit(session)
