"""Changing the wording of messages. Every version is kept."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.messages.models import WordingChange
from portal.messages.wording import WordingError, WordingRefusedError, faults_of, shipped


class StaleWordingError(Exception):
    """Somebody else changed the wording since it was read."""


def change_wording(
    session: Session,
    *,
    key: str,
    subject: str,
    text: str,
    sms: str = "",
    letter: str = "",
    based_on: int,
    actor: str,
) -> WordingChange:
    """Change a wording. `based_on` is the `version` that was read; texts equal to the shipped ones follow the file.

    Raises WordingError for an unknown key, WordingRefusedError with its faults when a placeholder is unknown or
    a required one is missing, StaleWordingError when another version was saved meanwhile.
    """
    file = shipped().get(key)
    if file is None:
        raise WordingError(f"There is no wording {key!r}.")
    wanted = replace(file, subject=subject.strip(), text=_plain(text), sms=_plain(sms), letter=_plain(letter))
    faults = faults_of(wanted)
    if faults:
        raise WordingRefusedError(faults)
    changed = {
        name: None if getattr(wanted, name) == getattr(file, name) else getattr(wanted, name)
        for name in ("subject", "text", "sms", "letter")
    }
    return _append(session, key, changed, based_on, actor)


def reset_wording(session: Session, *, key: str, based_on: int, actor: str) -> WordingChange:
    """Go back to the wording that ships. Raises as `change_wording`."""
    if key not in shipped():
        raise WordingError(f"There is no wording {key!r}.")
    return _append(session, key, dict.fromkeys(("subject", "text", "sms", "letter")), based_on, actor)


def _append(session: Session, key: str, changed: dict[str, str | None], based_on: int, actor: str) -> WordingChange:
    newest = session.scalar(sa.select(sa.func.max(WordingChange.number)).where(WordingChange.key == key)) or 0
    if newest != based_on:
        raise StaleWordingError(key)
    change = WordingChange(key=key, number=newest + 1, changed_by=actor, **changed)
    try:
        with session.begin_nested():
            session.add(change)
    except sa.exc.IntegrityError:
        raise StaleWordingError(key) from None
    after = {name: "changed" for name, value in changed.items() if value is not None}
    note(
        session, actor=actor, act="wording:change", about="wording", after={"key": key, "version": newest + 1, **after}
    )
    return change


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
