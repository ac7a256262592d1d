"""By which way a group is asked whether its listings are still right."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portal.messages.models import Channel

CALL, NO_WAY, NOT_WANTED = "telephone", "no way known", "not wanted"
_MOBILE = re.compile(r"(?:0|\+?440?|00440?)7[1-57-9]\d{8}")


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Everything that is known on how to reach those who look after one listing, best first in each list."""

    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    postal: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way chosen: a channel with its address, or none, and then a number to ring if there is one."""

    channel: Channel | None = None
    address: str = ""
    phone: str = ""

    @property
    def name(self) -> str:
        """Return what is noted of it."""
        if self.channel is not None:
            return self.channel.value
        return CALL if self.phone else NO_WAY


def is_mobile(number: str) -> bool:
    """Say whether a number is one of a British mobile telephone, which can take text messages."""
    return bool(_MOBILE.fullmatch(re.sub(r"[\s()./-]", "", number)))


def choose_way(reach: Reach, failed: Collection[Channel] = ()) -> Way:
    """Return the way to ask: e-mail, else text message, else a call, else a letter.

    `failed` are channels by which the last message could not be delivered; they are not tried again.
    """
    mobile = next((number for number in reach.phones if is_mobile(number)), "")
    if reach.emails and Channel.EMAIL not in failed:
        return Way(channel=Channel.EMAIL, address=reach.emails[0])
    if mobile and Channel.SMS not in failed:
        return Way(channel=Channel.SMS, address=mobile)
    if reach.phones:
        return Way(phone=reach.phones[0])
    if reach.postal and Channel.LETTER not in failed:
        return Way(channel=Channel.LETTER, address=reach.postal)
    return Way()
