"""What is done with replies again and again."""

from portal.core.database import transaction
from portal.core.jobs import every
from portal.core.web import settings
from portal.messages.inbound.mailbox import read_mailbox
from portal.messages.inbound.operations import wipe_old_replies

ACTOR = "wipe-replies"


@every("messages.read-mailbox", minutes=5)
def read_new_mail() -> None:
    """Read the mailbox, if there is one. Raises MailboxError when it does not answer; the next run tries again."""
    read_mailbox(settings())


@every("messages.wipe-replies", minutes=24 * 60)
def wipe_replies() -> None:
    """Wipe what people wrote more than 90 days ago and nobody has taken."""
    with transaction() as session:
        wipe_old_replies(session, actor=ACTOR)
