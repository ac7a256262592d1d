"""What administrators see of messages: kind, way, state, times and reasons. Never a name, a whole address or a word."""

from dataclasses import dataclass
from uuid import UUID

from portal.messages.inbound.models import InboundState
from portal.messages.models import Channel, MessageState, OutboxMessage
from portal.messages.operations import DECISIONS
from portal.messages.operations.deciding import Decision
from portal.messages.wording import shipped


@dataclass(frozen=True)
class StateWords:
    """A state as it is shown: the words, and the tone of its mark."""

    text: str
    tone: str


STATES: dict[MessageState, StateWords] = {
    MessageState.QUEUED: StateWords("Waiting to leave", "info"),
    MessageState.SENDING: StateWords("Leaving now", "info"),
    MessageState.FAILED: StateWords("Will be tried again", "soon"),
    MessageState.UNSURE: StateWords("May have left", "bad"),
    MessageState.GIVEN_UP: StateWords("Given up", "bad"),
    MessageState.BOUNCED: StateWords("Came back", "bad"),
    MessageState.STOPPED: StateWords("On hold", "calm"),
    MessageState.REFUSED: StateWords("Refused: unsafe address", "calm"),
    MessageState.SENT: StateWords("Sent", "ok"),
}

REPLY_STATES: dict[InboundState, StateWords] = {
    InboundState.WAITING: StateWords("Nobody has taken it yet", "soon"),
    InboundState.GIVEN: StateWords("Passed on", "ok"),
    InboundState.AUTOMATIC: StateWords("A program answered", "info"),
    InboundState.BOUNCE: StateWords("Could not be delivered", "bad"),
    InboundState.UNREADABLE: StateWords("Cannot be read: look in the mailbox", "bad"),
}

CHANNELS: dict[Channel, str] = {Channel.EMAIL: "E-mail", Channel.SMS: "Text message", Channel.LETTER: "Letter"}


@dataclass(frozen=True)
class Act:
    """Something that an administrator can do with a message: its name in the address, the button, and a warning."""

    name: str
    button: str
    about: str = ""


TRY_NOW = Act("try-now", "Try again now")
HOLD = Act("hold", "Put it on hold", "It does not leave until somebody lets it go.")
RELEASE = Act("release", "Let it go", "It leaves at once, unless its address is unsafe.")
_DECISIONS: dict[tuple[MessageState, Decision], Act] = {
    (MessageState.UNSURE, Decision.ARRIVED): Act("arrived", "It arrived", "For when you have asked and know it."),
    (MessageState.UNSURE, Decision.SEND_AGAIN): Act(
        "send-again", "Send it again", "Careful: it may have arrived. Then whoever gets it gets it twice."
    ),
    (MessageState.UNSURE, Decision.LEAVE): Act("leave", "Leave it", "It is not sent again, whether or not it arrived."),
    (MessageState.GIVEN_UP, Decision.SEND_AGAIN): Act(
        "send-again", "Send it again", "For when what was in the way is put right."
    ),
    (MessageState.STOPPED, Decision.LEAVE): Act("leave", "Never send it", "It is given up."),
}
DECIDED_BY = {"arrived": Decision.ARRIVED, "send-again": Decision.SEND_AGAIN, "leave": Decision.LEAVE}


def acts_for(message: OutboxMessage, *, is_held: bool) -> list[Act]:
    """Return what can be done with a message now; `is_held` says whether it is on hold by itself, not with others."""
    acts = [TRY_NOW] if message.state is MessageState.FAILED else []
    if is_held:
        acts.append(RELEASE)
    elif message.state in {MessageState.QUEUED, MessageState.FAILED}:
        acts.append(HOLD)
    for decision in DECISIONS.get(message.state, ()):
        is_lost = decision is Decision.SEND_AGAIN and message.wiped_at is not None
        if not is_lost:
            acts.append(_DECISIONS[message.state, decision])
    return acts


def kind_of(key: str) -> str:
    """Return the name of a wording, or its key when it does not ship any more."""
    return shipped()[key].name if key in shipped() else key


def room_of(cause: str) -> str:
    """Return what a message is about without saying whom: "referral" of "referral:<id>"."""
    return cause.partition(":")[0]


def where_to(message: OutboxMessage) -> str:
    """Return the way, and of an e-mail address the host: "E-mail, to example.org". Enough to see who is away."""
    channel = CHANNELS[message.channel]
    host = (message.address or "").rpartition("@")[2] if message.channel is Channel.EMAIL else ""
    return f"{channel}, to {host}" if host else channel


def number_of(message_id: UUID) -> str:
    """Return the short number by which people speak of a message: the first eight signs of its id."""
    return message_id.hex[:8]
