"""Jobs about accounts: what ran out is removed."""

from portal.accounts.operations.guesses import purge_guesses
from portal.accounts.operations.sessions import purge_sessions
from portal.core.jobs import every

_ACTOR = "job:accounts"


@every("accounts.purge-sessions", minutes=24 * 60)
def remove_old_sessions() -> None:
    """Remove sessions that ended long ago, and forms that nobody came back for."""
    purge_sessions(actor=_ACTOR)


@every("accounts.purge-guesses", minutes=60)
def remove_old_guesses() -> None:
    """Remove guesses that no longer count."""
    purge_guesses(actor=_ACTOR)
