"""GOV.UK Notify: what is really sent to it, and what its answers mean."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine

from portal.core import clock as present
from portal.core import jobs
from portal.messages import delivery, queries
from portal.messages.channels.notify import without_marks
from portal.messages.models import Channel, MessageState
from tests.messages.conftest import queue_notice
from tests.messages.servers import NOTIFY_KEY, SERVICE_ID, NotifyServer, free_port
from tests.messages.test_delivery import minutes, state_of, steps_of, why_of

pytestmark = pytest.mark.usefixtures("wording", "database")
TEMPLATES = tuple(
    (way, f"{number}0000000-0000-0000-0000-000000000000") for number, way in ((1, "email"), (2, "sms"), (3, "letter"))
)


@pytest.fixture
def notify(use: Callable[..., None]) -> Iterator[NotifyServer]:
    server = NotifyServer()
    server.start()
    use(notify_key=NOTIFY_KEY, notify_url=server.url, notify_templates=TEMPLATES)
    yield server
    server.stop()


def test_all_three_ways(notify: NotifyServer) -> None:
    mail = queue_notice()
    text = queue_notice("07700 900123", channel=Channel.SMS)
    letter = queue_notice("1 Ladywell Road\nLondon\nSE13 7HU", channel=Channel.LETTER)
    jobs.settle()
    assert {state_of(one) for one in (mail, text, letter)} == {MessageState.SENT}
    taken = {one.pop("way"): one for one in notify.taken}
    link = "https://hereabouts.example.org/news"
    assert taken["sms"] == {
        "phone_number": "+447700900123",
        "template_id": TEMPLATES[1][1],
        "personalisation": {"body": f"Rita: Lunch is at noon. {link}"},
        "reference": str(text.id),
    }
    assert taken["letter"]["template_id"] == TEMPLATES[2][1]
    assert taken["letter"]["reference"] == str(letter.id)
    assert taken["letter"]["personalisation"] == {
        "subject": "News for Rita",
        "body": f"Dear Rita,\n\nLunch is at noon. {link}",
        "address_line_1": "Rita",
        "address_line_2": "1 Ladywell Road",
        "address_line_3": "London",
        "address_line_4": "SE13 7HU",
    }
    sent = taken["email"]
    assert (sent["email_address"], sent["template_id"]) == ("rita@example.org", TEMPLATES[0][1])
    assert sent["reference"] == str(mail.id)
    assert sent["personalisation"]["subject"] == "News for Rita"
    assert f"Read the news:\n{link}" in sent["personalisation"]["body"]
    for claims in notify.tokens:
        assert claims["iss"] == SERVICE_ID
        assert abs(claims["iat"] - present.now().timestamp()) < 60
    found = queries.find_message(mail.id)
    assert found is not None
    assert (found.carrier, found.carrier_id) == ("notify", "number-1")


def test_without_a_key_nobody_is_asked(notify: NotifyServer, use: Callable[..., None]) -> None:
    use(notify_key="")
    messages = [queue_notice(), queue_notice("07700 900123", channel=Channel.SMS)]
    jobs.settle()
    delivery.heal()
    assert notify.tokens == []
    assert {state_of(one) for one in messages} == {MessageState.SENT}  # the demonstration's folder


def test_a_way_without_a_template_is_not_used(notify: NotifyServer, use: Callable[..., None]) -> None:
    use(notify_templates=TEMPLATES[1:])
    queue_notice()
    jobs.settle()
    assert notify.taken == []


@pytest.mark.parametrize(
    ("status", "state", "why"),
    [
        (400, MessageState.GIVEN_UP, "GOV.UK Notify refused it for good (400)."),
        (403, MessageState.FAILED, "GOV.UK Notify did not let us in (403)."),
        (429, MessageState.FAILED, "GOV.UK Notify takes no more just now (429)."),
        (500, MessageState.UNSURE, "GOV.UK Notify had a fault (500)."),
        (503, MessageState.UNSURE, "GOV.UK Notify had a fault (503)."),
    ],
)
def test_what_its_errors_mean(
    status: int, state: MessageState, why: str, notify: NotifyServer, clock: time_machine.Traveller
) -> None:
    notify.fault = status
    message = queue_notice()
    jobs.settle()
    assert (state_of(message), why_of(message)) == (state, why)
    notify.fault = 0
    minutes(clock, 10)
    gone = state is MessageState.GIVEN_UP
    assert state_of(message) is (MessageState.GIVEN_UP if gone else MessageState.SENT)
    assert len(notify.taken) == (0 if gone else 1)


@pytest.mark.parametrize(("fault", "then"), [(0, "drop"), (500, "keep")])
def test_it_is_asked_before_anything_is_sent_again(
    fault: int, then: str, notify: NotifyServer, clock: time_machine.Traveller
) -> None:
    """It has the message, but its answer was lost or an error: it is asked by our reference, and nothing repeated."""
    notify.fault, notify.then = fault, then
    message = queue_notice("07700 900123", channel=Channel.SMS)
    jobs.settle()
    assert state_of(message) is MessageState.UNSURE
    notify.fault, notify.then = 0, ""
    minutes(clock, 4)
    assert notify.asked == []
    minutes(clock, 3)
    assert notify.asked == [str(message.id)]
    assert steps_of(message) == ["queued", "sending", "unsure", "sent"]
    assert len(notify.taken) == 1


def test_it_cannot_be_asked_either(
    notify: NotifyServer, clock: time_machine.Traveller, use: Callable[..., None]
) -> None:
    notify.then = "drop"
    message = queue_notice()
    jobs.settle()
    use(notify_url=f"http://127.0.0.1:{free_port()}")
    minutes(clock, 20)
    assert state_of(message) is MessageState.UNSURE
    # After three days its "no" would prove nothing, so that people have to decide.
    clock.shift(dt.timedelta(days=4))
    notify.then = ""
    use(notify_url=notify.url)
    delivery.heal()
    assert state_of(message) is MessageState.UNSURE
    assert notify.asked == []


def test_it_cannot_be_reached(use: Callable[..., None]) -> None:
    use(notify_key=NOTIFY_KEY, notify_url=f"http://127.0.0.1:{free_port()}", notify_templates=TEMPLATES)
    message = queue_notice()
    jobs.settle()
    assert state_of(message) is MessageState.FAILED
    assert why_of(message) == "GOV.UK Notify could not be reached."


def test_nothing_in_a_text_means_anything_to_notify() -> None:
    hostile = "# big\n((password))\n* item\n1. one\n^ inset\n[our bank](https://evil.example.org)\nme - you"
    plain = without_marks(hostile)
    assert "((" not in plain
    assert "](" not in plain
    assert not any(line.startswith(("# ", "* ", "1. ", "^ ")) for line in plain.split("\n"))
    assert plain.endswith("me - you")
    assert without_marks("See:\nhttps://hereabouts.example.org/x") == "See:\nhttps://hereabouts.example.org/x"
