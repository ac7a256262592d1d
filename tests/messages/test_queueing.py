"""Putting messages into the outbox: sealed, in the caller's transaction, whatever a person typed as an address."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.core import jobs
from portal.core.database import db, transaction
from portal.messages import operations, queries
from portal.messages.addresses import AddressError, fingerprint_of, fingerprint_of_any, plain_address
from portal.messages.models import Channel, MessageState, OutboxMessage, Recipient
from portal.messages.wording import WordingError
from tests.messages.conftest import queue_notice

pytestmark = pytest.mark.usefixtures("wording", "database")

NOT_ADDRESSES = [
    "",
    "rita",
    "@example.org",
    "rita@",
    "rita@localhost",
    "rita@example.org\nBcc: everybody@example.org",
    "rita@example.org\r\nBcc: everybody@example.org",
    "rita@example.org>, <everybody@example.org",
    "rita@example.org, everybody@example.org",
    "rita@example.org;everybody@example.org",
    '"a b"@example.org',
    "Rita <rita@example.org>",
    "rita@exa mple.org",
    "rita..x@example.org",
    ".rita@example.org",
    "rita@-example.org",
    "rita@[127.0.0.1]",
    "rita@example.org\x00",
    "rita(comment)@example.org",
    "a@b@example.org",
    "ríta@example.org",
    "r" * 250 + "@example.org",
    "rita@" + "x" * 64 + ".org",
]


def test_what_cannot_be_an_address_is_given_up_and_never_tried(app: Flask) -> None:
    for address in NOT_ADDRESSES:
        message = queue_notice(address)
        jobs.settle()
        found = db.session.get_one(OutboxMessage, message.id, populate_existing=True)
        assert found.state is MessageState.GIVEN_UP, address
        assert found.why == "This is not an e-mail address."
        assert found.tries == 0
        db.session.rollback()
    assert not app.extensions["settings"].mail.path.exists()


@pytest.mark.parametrize(
    ("channel", "typed", "plain"),
    [
        (Channel.EMAIL, " Rita.O'Kafor+list@Example.ORG ", "Rita.O'Kafor+list@example.org"),
        (Channel.EMAIL, "rita@bücher.example", "rita@xn--bcher-kva.example"),
        (Channel.SMS, "07700 900 123", "+447700900123"),
        (Channel.SMS, "+44 (0)7700 900123", "+447700900123"),
        (Channel.SMS, "0044 7700-900-123", "+447700900123"),
        (Channel.SMS, "+33 6 12 34 56 78", "+33612345678"),
        (Channel.LETTER, "1 Ladywell Road\r\n\r\nLondon\nse13 7hu", "1 Ladywell Road\nLondon\nSE13 7HU"),
    ],
)
def test_addresses_have_one_form(channel: Channel, typed: str, plain: str) -> None:
    assert plain_address(channel, typed) == plain
    assert fingerprint_of(channel, typed) == fingerprint_of(channel, plain) == fingerprint_of_any(typed)


@pytest.mark.parametrize(
    ("channel", "typed"),
    [
        (Channel.SMS, "12345"),
        (Channel.SMS, "07700 900 12x"),
        (Channel.SMS, "+44\n7700900123;"),
        (Channel.SMS, "٠٧٧٠٠٩٠٠١٢٣"),
        (Channel.LETTER, "SE13 7HU"),
        (Channel.LETTER, "1 Ladywell Road\nLondon"),
        (Channel.LETTER, "\n".join(["a"] * 7 + ["SE13 7HU"])),
    ],
)
def test_numbers_and_lines_that_cannot_be_an_address(channel: Channel, typed: str) -> None:
    with pytest.raises(AddressError):
        plain_address(channel, typed)


def test_an_address_is_known_however_it_is_written() -> None:
    same = ["rita@example.org", "RITA@EXAMPLE.ORG", " rita@example.org "]
    assert len({fingerprint_of_any(one) for one in same}) == 1
    assert len({fingerprint_of_any(one) for one in ["07700 900123", "+447700900123", "0044 7700 900 123"]}) == 1
    letters = ["1 Ladywell Rd,\nLondon\nSE13 7HU", "1 LADYWELL RD\nLondon\nse137hu"]
    assert len({fingerprint_of(Channel.LETTER, one) for one in letters}) == 1
    assert fingerprint_of_any("rita@example.org") != fingerprint_of_any("gus@example.org")


def test_nothing_of_a_message_can_be_read_in_the_database(database: SQLAlchemy, app: Flask) -> None:
    secrets = ["rita.secret@example.org", "Rita Secretname", "Secretwords", "hereabouts.example.org/secretlink"]
    queue_notice(
        secrets[0],
        to_name=secrets[1],
        values={"name": secrets[1], "words": secrets[2], "link": f"https://{secrets[3]}"},
    )
    rows: list[sa.Row] = []
    for table in ("outbox_message", "message_move"):
        rows += database.session.execute(sa.text(f"SELECT * FROM {table}")).all()
    database.session.rollback()
    text = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])
    for secret in secrets:
        assert secret not in text
    url = sa.make_url(app.extensions["settings"].database)
    if url.get_backend_name() == "sqlite":
        folder = Path(str(url.database)).parent
        files = [path for path in folder.iterdir() if path.name.startswith("portal")]
        assert files
        assert not any(secret.encode() in path.read_bytes() for path in files for secret in secrets)


@pytest.mark.parametrize("values", [{}, {"name": "Rita"}, {"name": "x", "words": "y", "link": "z", "more": "w"}])
def test_a_mistake_of_the_caller_shows_at_once(values: dict[str, str]) -> None:
    to = Recipient(Channel.EMAIL, "rita@example.org")
    with pytest.raises(WordingError), transaction() as session:
        operations.queue(session, wording="notice", to=to, values=values, actor="test")
    with pytest.raises(WordingError), transaction() as session:
        operations.queue(session, wording="no-such", to=to, values={}, actor="test")
    with pytest.raises(WordingError), transaction() as session:
        to = Recipient(Channel.SMS, "07700 900123")
        operations.queue(session, wording="alarm", to=to, values={}, actor="test")
    assert queries.count_messages() == 0


def test_the_list_shows_states_and_reads_nothing_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    queue_notice()
    queue_notice("not an address")

    def unseal(*_rest: object) -> str:
        raise AssertionError("A sealed column was read.")

    db.session.remove()
    monkeypatch.setattr("portal.core.sealing.Seals.unseal", unseal)
    assert {message.state for message in queries.list_messages()} == {MessageState.QUEUED, MessageState.GIVEN_UP}
    assert [message.why for message in queries.list_messages(states=[MessageState.GIVEN_UP])] == [
        "This is not an e-mail address."
    ]
    assert queries.count_messages(states=[MessageState.QUEUED], wording="notice", channel=Channel.EMAIL) == 1
    assert queries.count_messages(wording="alarm") == 0


def test_a_changed_wording_does_not_touch_what_was_queued(use: Callable[..., None]) -> None:
    use(site_name="Elsewhere")
    message = queue_notice()
    before = (message.subject, message.body)
    with transaction() as session:
        change = {"subject": "Other", "text": "{link}", "based_on": 0}
        operations.change_wording(session, key="notice", actor="user:1", **change)  # type: ignore[arg-type]
    found = db.session.get_one(OutboxMessage, message.id, populate_existing=True)
    assert (found.subject, found.body) == before
    assert queue_notice().subject == "Other"
