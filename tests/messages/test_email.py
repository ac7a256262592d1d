"""The e-mail itself, as a mail program reads it: two parts of the same words, and headers that nobody can add to."""

import uuid
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from justhtml import JustHTML

from portal.core import clock, jobs
from portal.core.text import clean
from portal.messages.channels import NotBuiltError, Parcel
from portal.messages.channels.email import Sender, build_email
from portal.messages.inbound import reply_address
from portal.messages.models import Channel
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer, parsed

pytestmark = pytest.mark.usefixtures("wording", "database")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type",
}  # fmt: skip
HOSTILE = [
    "Rita\nBcc: everybody@example.org",
    "Rita\r\n\r\n<script>alert(1)</script>",
    "Rita\u2028Bcc: everybody@example.org",
    'Rita" <everybody@example.org>, "',
    "Rita, everybody@example.org",
    "=?utf-8?q?Rita=0ABcc:_everybody@example.org?=",
    "<b>Rita</b> & 'co'",
    "{password} {{7*7}} {% include 'x' %} ${x}",
    "Ríta Ọláńrewájú 李 \N{PILE OF POO} مرحبا",
    "x" * 5000,
    "." * 100,
    "\x00\x1b[31mRita",
    "",
]


def sent(server: MailServer) -> EmailMessage:
    jobs.settle()
    assert len(server.mails) == 1
    return server.mails[0]


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    assert mail.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    contents = []
    for part in mail.iter_parts():
        assert isinstance(part, EmailMessage)
        assert part.get_content_charset() == "utf-8"
        contents.append(part.get_content())
    return contents[0], contents[1]


def test_a_whole_message(mail_server: MailServer, use: Callable[..., None]) -> None:
    use(mail_from="hello@hereabouts.example.org")
    message = queue_notice(values={"words": "Café: 2 £ – ask “Gus”."})
    mail = sent(mail_server)
    assert set(mail.keys()) == HEADERS
    assert str(mail["From"]) == "Hereabouts <hello@hereabouts.example.org>"
    assert str(mail["To"]) == "Rita <rita@example.org>"
    assert str(mail["Subject"]) == "News for Rita"
    assert str(mail["Message-ID"]) == f"<{message.id}@hereabouts.example.org>"
    assert str(mail["Auto-Submitted"]) == "auto-generated"
    assert abs((parsedate_to_datetime(str(mail["Date"])) - clock.now()).total_seconds()) < 60
    assert "List-Unsubscribe" not in mail
    assert mail_server.envelopes[0].mail_from == "hello@hereabouts.example.org"
    text, page = parts_of(mail)
    text = text.replace("\r\n", "\n")
    assert text.split("\n\n") == [
        "Hello Rita,",
        "Café: 2 £ – ask “Gus”.\nwith kind regards from Hereabouts",
        "Read the news:\nhttps://hereabouts.example.org/news",
        "Bye.",
        "-- \nHereabouts\nTelephone 020 7946 0100 (Monday to Friday, 9am to 5pm)\n"
        "You get this because Hereabouts is being tested.\n",
    ]
    assert JustHTML(page, strict=True).query("a[href='https://hereabouts.example.org/news']")
    for words in ("Café: 2 £ – ask “Gus”.", "020 7946 0100", "You get this because Hereabouts is being tested."):
        assert words in page
    assert "<title>News for Rita</title>" in page
    for outside in ("http://", "src=", "@import", "url("):
        assert outside not in page


def test_answers_go_to_the_mailbox_where_there_is_one(mail_server: MailServer, use: Callable[..., None]) -> None:
    use(mailbox_url="imaps://replies%40hereabouts.example.org:secret@127.0.0.1/INBOX")
    message = queue_notice()
    assert str(sent(mail_server)["Reply-To"]) == reply_address(message.id)
    assert reply_address(message.id).startswith("replies+")


def test_hostile_names_and_values(mail_server: MailServer, use: Callable[..., None]) -> None:
    for text in HOSTILE:
        use(site_name=text[:100] or "x")
        queue_notice(to_name=text, values={"name": text, "words": text})
        mail_server.forget()
        mail = sent(mail_server)
        assert set(mail.keys()) == HEADERS, text
        assert mail_server.envelopes[0].rcpt_tos == ["rita@example.org"]
        assert [address.addr_spec for address in mail["To"].addresses] == ["rita@example.org"]
        assert [address.addr_spec for address in mail["From"].addresses] == ["no-reply@localhost"]
        _, page = parts_of(mail)
        document = JustHTML(page, strict=True)
        assert document.query("script, img, b, iframe, form") == []
        assert len(document.query("a")) == 1
        assert "49" not in page


def test_braces_in_values_are_text(mail_server: MailServer) -> None:
    for text in ("{password}", "{{7*7}}", "{% raw %}", "${7*7}", "((name))", "%s", "{link}"):
        queue_notice(values={"name": text, "words": text})
        mail_server.forget()
        mail = sent(mail_server)
        words, page = parts_of(mail)
        assert str(mail["Subject"]) == f"News for {text}"
        assert f"Hello {text}," in words
        assert f"Hello {text}," in page


def test_lines_that_begin_with_a_dot_stay(mail_server: MailServer) -> None:
    queue_notice(values={"words": ".hidden"})
    jobs.settle()
    content = mail_server.envelopes[0].original_content or b""
    assert b"\r\n.hidden\r\n" in content


@how(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=120), subject=st.text(max_size=200), host=st.text(max_size=80))
def test_no_text_makes_a_header(database: SQLAlchemy, name: str, subject: str, host: str) -> None:
    parcel = Parcel(uuid.UUID(int=1), Channel.EMAIL, "rita@example.org", name, subject, [{"lines": [host]}])
    mail = parsed(build_email(parcel, Sender("no-reply@example.org", host)))
    assert set(mail.keys()) == HEADERS
    assert [address.addr_spec for address in mail["To"].addresses] == ["rita@example.org"]
    assert str(mail["Subject"]) == clean(subject)
    assert database


def test_an_address_that_could_not_be_checked_makes_no_mail() -> None:
    """It cannot get here; if it did, nothing would leave."""
    for address in ("rita@example.org\nBcc: x@example.org", "a b@example.org", ""):
        parcel = Parcel(uuid.UUID(int=1), Channel.EMAIL, address, "", "", [])
        with pytest.raises(NotBuiltError):
            build_email(parcel, Sender("no-reply@example.org", "x"))
