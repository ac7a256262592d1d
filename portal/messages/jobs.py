"""Jobs about messages: each is delivered right after its commit; the outbox is healed every minute and wiped daily."""

import uuid

from portal.core.database import transaction
from portal.core.jobs import every, job
from portal.messages import delivery, operations
from portal.messages.operations.queueing import DELIVER


@job(DELIVER)
def deliver_message(message_id: str) -> None:
    """Deliver one message."""
    delivery.deliver_promptly(uuid.UUID(message_id))


@every("messages.heal", minutes=1)
def heal_outbox() -> None:
    """Deliver what is due and settle what a dead process left behind."""
    delivery.heal()


@every("messages.wipe", minutes=24 * 60)
def wipe_outbox() -> None:
    """Wipe what stood in messages that have long been over."""
    with transaction() as session:
        operations.wipe_old(session)
