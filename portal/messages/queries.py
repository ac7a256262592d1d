"""Every reading of the outbox, its holds, unsafe addresses and wording."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from portal.core.database import db
from portal.messages.models import (
    TO_TAKE,
    Channel,
    MessageHold,
    MessageMove,
    MessageState,
    OutboxMessage,
    UnsafeAddress,
    WordingChange,
)
from portal.messages.wording import Wording, WordingError, shipped, with_change


def find_message(message_id: UUID) -> OutboxMessage | None:
    """Return a message or None."""
    return db.session.get(OutboxMessage, message_id)


def list_messages(
    *,
    states: Collection[MessageState] = (),
    wording: str = "",
    channel: Channel | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[OutboxMessage]:
    """Return messages, newest first; `states` empty means all. Sealed columns are not read unless asked for."""
    query = sa.select(OutboxMessage).options(
        *(sa.orm.defer(getattr(OutboxMessage, name)) for name in ("address", "name", "subject", "body"))
    )
    query = query.where(*_where(states, wording, channel))
    query = query.order_by(OutboxMessage.queued_at.desc(), OutboxMessage.id).limit(limit).offset(offset)
    return db.session.scalars(query).all()


def count_messages(*, states: Collection[MessageState] = (), wording: str = "", channel: Channel | None = None) -> int:
    """Return how many messages there are; `states` empty means all."""
    query = sa.select(sa.func.count()).select_from(OutboxMessage).where(*_where(states, wording, channel))
    return db.session.scalar(query) or 0


def _where(states: Collection[MessageState], wording: str, channel: Channel | None) -> list[sa.ColumnElement[bool]]:
    rules: list[sa.ColumnElement[bool]] = []
    if states:
        rules.append(OutboxMessage.state.in_(states))
    if wording:
        rules.append(OutboxMessage.wording == wording)
    if channel:
        rules.append(OutboxMessage.channel == channel)
    return rules


def count_by_state() -> Mapping[MessageState, int]:
    """Return how many messages are in each state; states without any are left out."""
    query = sa.select(OutboxMessage.state, sa.func.count()).group_by(OutboxMessage.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def list_moves(message_id: UUID) -> Sequence[MessageMove]:
    """Return the changes of state of a message, oldest first."""
    query = sa.select(MessageMove).where(MessageMove.message_id == message_id).order_by(MessageMove.number)
    return db.session.scalars(query).all()


def find_channel(message_id: UUID) -> Channel | None:
    """Return by which way a message is to go; None when there is no such message."""
    return db.session.scalar(sa.select(OutboxMessage.channel).where(OutboxMessage.id == message_id))


def list_due(*, channels: Collection[Channel], at: dt.datetime, limit: int) -> Sequence[tuple[UUID, Channel]]:
    """Return ids and channels of messages to be delivered now: urgent ones first, then those due longest."""
    query = (
        sa.select(OutboxMessage.id, OutboxMessage.channel)
        .where(OutboxMessage.state.in_(TO_TAKE), OutboxMessage.due_at <= at, OutboxMessage.channel.in_(list(channels)))
        .order_by(OutboxMessage.is_urgent.desc(), OutboxMessage.due_at, OutboxMessage.queued_at, OutboxMessage.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def is_waiting(channel: Channel, *, but_for: str) -> bool:
    """Say whether a message waits for this way whose reason is another one."""
    query = sa.select(OutboxMessage.id).where(
        OutboxMessage.channel == channel, OutboxMessage.state.in_(TO_TAKE), OutboxMessage.why != but_for
    )
    return db.session.scalars(query.limit(1)).first() is not None


def list_overdue(*, at: dt.datetime) -> Sequence[UUID]:
    """Return the ids of messages whose deliverer has not been heard of since its lease ended."""
    query = sa.select(OutboxMessage.id).where(
        OutboxMessage.state == MessageState.SENDING, OutboxMessage.leased_until < at
    )
    return db.session.scalars(query.order_by(OutboxMessage.leased_until, OutboxMessage.id)).all()


def list_unsure(channel: Channel, *, carrier: str, since: dt.datetime, until: dt.datetime) -> Sequence[UUID]:
    """Return the ids of messages that a carrier may have and that became unsure between the two instants."""
    query = sa.select(OutboxMessage.id).where(
        OutboxMessage.state == MessageState.UNSURE,
        OutboxMessage.channel == channel,
        OutboxMessage.carrier == carrier,
        OutboxMessage.changed_at.between(since, until),
    )
    return db.session.scalars(query.order_by(OutboxMessage.changed_at, OutboxMessage.id)).all()


def is_held(session: sa.orm.Session, message: OutboxMessage) -> bool:
    """Say whether a hold on this message, or on those that bear its hold's name, is on."""
    names = [message.own_hold, *([message.hold] if message.hold else [])]
    query = sa.select(MessageHold.id).where(MessageHold.name.in_(names), MessageHold.released_at.is_(None))
    return session.scalars(query.limit(1)).first() is not None


def is_unsafe(session: sa.orm.Session, fingerprint: str) -> bool:
    """Say whether the address with this keyed hash is marked unsafe."""
    query = sa.select(UnsafeAddress.id).where(
        UnsafeAddress.fingerprint == fingerprint, UnsafeAddress.cleared_at.is_(None)
    )
    return session.scalars(query.limit(1)).first() is not None


def list_holds() -> Sequence[MessageHold]:
    """Return the holds that are on, oldest first."""
    query = sa.select(MessageHold).where(MessageHold.released_at.is_(None))
    return db.session.scalars(query.order_by(MessageHold.placed_at, MessageHold.id)).all()


def wording_of(key: str) -> Wording:
    """Return the wording that counts now: the file's, with what administrators changed. Raises WordingError."""
    if key not in shipped():
        raise WordingError(f"There is no wording {key!r}.")
    return with_change(shipped()[key], find_change(key))


def find_change(key: str) -> WordingChange | None:
    """Return the newest change of a wording or None."""
    query = sa.select(WordingChange).where(WordingChange.key == key).order_by(WordingChange.number.desc()).limit(1)
    return db.session.scalars(query).first()


def list_wordings() -> Sequence[Wording]:
    """Return every wording as it counts now, ordered by name."""
    newest = sa.select(WordingChange.key, sa.func.max(WordingChange.number).label("number")).group_by(WordingChange.key)
    last = newest.subquery()
    query = sa.select(WordingChange).join(
        last, sa.and_(WordingChange.key == last.c.key, WordingChange.number == last.c.number)
    )
    changes = {change.key: change for change in db.session.scalars(query)}
    return [with_change(wording, changes.get(key)) for key, wording in shipped().items()]


def list_changes(key: str) -> Sequence[WordingChange]:
    """Return all changes of a wording, newest first."""
    query = sa.select(WordingChange).where(WordingChange.key == key).order_by(WordingChange.number.desc())
    return db.session.scalars(query).all()
