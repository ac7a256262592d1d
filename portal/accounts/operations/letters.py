"""Messages to users about their accounts."""

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue


def write_to(session: Session, *, user: User, wording: str, actor: str, link: str = "") -> None:
    """Queue an e-mail to a user in the caller's transaction; `link` is a whole address, where the wording has one."""
    values = {"name": user.name} | ({"link": link} if link else {})
    recipient = Recipient(Channel.EMAIL, user.email, user.name)
    queue(session, wording=wording, to=recipient, values=values, actor=actor, cause=f"user:{user.id}")
