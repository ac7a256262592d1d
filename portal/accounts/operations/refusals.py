"""Noting that somebody asked for what they may not have."""

from portal.audit.operations import note
from portal.core.access import Permission
from portal.core.database import transaction


def note_refused(*, actor: str, permission: Permission) -> None:
    """Note that a page was asked for without the permission that it needs."""
    with transaction() as session:
        note(session, actor=actor, act="access:refused", after={"permission": permission.value})
