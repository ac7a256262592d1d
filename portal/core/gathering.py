"""What a transaction gathers on its way: kept until the commit, dropped with the transaction or the savepoint."""

from typing import Any, Generic, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

Item = TypeVar("Item")

_ITEMS = "core.gathered"
_MARKS = "core.gathered_marks"


class Gathering(Generic[Item]):
    """Items of one kind that wait in a session for its commit. A rollback, also to a savepoint, drops them."""

    def add(self, session: Session, item: Item) -> None:
        """Keep an item until the commit. Raises RuntimeError outside of a transaction, where none would come."""
        if not session.in_transaction():
            raise RuntimeError("This belongs into a transaction: with core.database.transaction() as session.")
        session.info.setdefault(_ITEMS, []).append((self, item))

    def take(self, session: Session) -> list[Item]:
        """Return what was gathered, in order, and forget it."""
        items: list[tuple[Gathering[Any], Any]] = session.info.get(_ITEMS, [])
        taken = [item for kind, item in items if kind is self]
        items[:] = [pair for pair in items if pair[0] is not self]
        return taken


def is_last_commit(session: Session) -> bool:
    """Say, within a `before_commit` or `after_commit`, whether it is the transaction's own and not a savepoint's."""
    return not session.in_nested_transaction()


def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(session.info.get(_ITEMS, []))


def _release(session: Session) -> None:
    """Keep what a savepoint gathered when it is released."""
    nested = session.get_nested_transaction()
    if nested is not None:
        session.info.get(_MARKS, {}).pop(nested, None)


def _end(session: Session, transaction: SessionTransaction) -> None:
    """Drop what was gathered since a savepoint that ends without being released, however that comes about."""
    if transaction.parent is None:
        session.info.pop(_ITEMS, None)
        session.info.pop(_MARKS, None)
    elif transaction.nested:
        mark = session.info.get(_MARKS, {}).pop(transaction, None)
        if mark is not None:
            del session.info.get(_ITEMS, [])[mark:]


# On the class, so that no session of any kind can gather and never be heard.
event.listen(Session, "after_transaction_create", _mark)
event.listen(Session, "after_commit", _release)
event.listen(Session, "after_transaction_end", _end)
