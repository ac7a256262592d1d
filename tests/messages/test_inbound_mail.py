"""From bytes to a reply: text, quotations, attachments, programs that answer, and mail that means harm."""

import time
from email.message import EmailMessage

import pytest

from portal.messages.inbound import Nature, Reply
from portal.messages.inbound.mail_reading import UnreadableMailError, read_mail
from portal.messages.inbound.plain_text import LONGEST_REPLY, newly_written, text_of_markup, without_quotes


def mail(text: str = "Yes, I can come.", **headers: str) -> EmailMessage:
    """An e-mail as a person's program makes it."""
    message = EmailMessage()
    message["From"] = headers.pop("From", "Rita <rita@example.org>")
    message["To"] = headers.pop("To", "replies@example.org")
    message["Subject"] = headers.pop("Subject", "Re: Your visit")
    message["Message-ID"] = headers.pop("Message_ID", "<one@example.org>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def read(message: EmailMessage) -> Reply:
    return read_mail(message.as_bytes())


def test_a_plain_reply() -> None:
    reply = read(mail(In_Reply_To="<ours@example.org>", References="<first@example.org> <ours@example.org>"))
    assert (reply.sender, reply.text, reply.nature) == ("rita@example.org", "Yes, I can come.", Nature.WRITTEN)
    assert reply.answers == ("<ours@example.org>", "<first@example.org>")
    assert reply.attachments == ()


def test_the_same_message_has_the_same_number_and_others_have_others() -> None:
    first = read(mail("Yes"))
    assert read(mail("Yes", Received="by another.example.org")).provider_id == first.provider_id
    assert read(mail("Yes", Message_ID="<two@example.org>")).provider_id != first.provider_id
    # Nobody can keep somebody else's answer out by sending its Message-ID first.
    assert read(mail("Yes", From="mallory@example.org")).provider_id != first.provider_id
    assert len(first.provider_id) == 64


def test_without_a_message_id_the_whole_message_counts() -> None:
    raw = b"From: rita@example.org\nTo: replies@example.org\n\nYes\n"
    assert read_mail(raw).provider_id == read_mail(raw).provider_id
    assert read_mail(raw).provider_id != read_mail(raw.replace(b"Yes", b"No")).provider_id


def test_the_text_part_is_taken_before_the_markup() -> None:
    message = mail("Plain words")
    message.add_alternative("<p>Marked words</p>", subtype="html")
    assert read(message).text == "Plain words"


def test_markup_alone_becomes_plain_text() -> None:
    message = EmailMessage()
    message["From"] = "rita@example.org"
    message.set_content(
        "<html><head><title>T</title><style>p{}</style></head><body><p>Yes &amp; <b>thank you</b></p>"
        "<script>alert(1)</script><p onclick='x'>See <a href='http://evil.example.org'>here</a><br>Rita</p>"
        "<div>On Mon, Hereabouts wrote:</div><blockquote><p>Can you come?</p></blockquote></body></html>",
        subtype="html",
    )
    assert read(message).text == "Yes & thank you\n\nSee here\nRita"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a<p>b", "a\nb"),
        ("<script>x", ""),
        ("<scr<script>ipt>x</script>", "ipt>x"),
        ("</p></div>a", "a"),
        ("&lt;b&gt; &#x41;&nbsp;&bogus;", "<b> A &bogus;"),
        ("<!-- <p>a</p> -->b<![CDATA[c]]>", "b"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("<style/>a", "a"),
    ],
)
def test_broken_markup(markup: str, text: str) -> None:
    assert newly_written(text_of_markup(markup)) == text


QUOTED = [
    "Yes\n\nOn Mon, 23 Nov 2026 at 09:00, Hereabouts <replies@example.org> wrote:\n> Can you come?\n> Ring us.\n",
    "Yes\n\nOn Mon, 23 Nov 2026 at 09:00, Hereabouts\n<replies+abc@example.org> wrote:\n\n> Can you come?\n",
    "Yes\r\n\r\n-----Original Message-----\r\nFrom: Hereabouts\r\nCan you come?",
    "Yes\n\n________________________________\nFrom: Hereabouts <a@example.org>\nSent: Monday\n\nCan you come?",
    "Yes\n\nFrom: Hereabouts\nSent: Monday 23 November\nTo: Rita\n\nCan you come?",
    "> Can you come?\n\nYes",
    "On Mon, Hereabouts wrote:\n> Can you come?\nYes\n> Ring us.",
    "Yes\n\nOn Mon, 23 Nov 2026 Hereabouts wrote:\n\nCan you come?\n",
]


@pytest.mark.parametrize("text", QUOTED)
def test_what_was_quoted_is_cut(text: str) -> None:
    assert newly_written(text) == "Yes"


@pytest.mark.parametrize(
    "text",
    [
        "> Can you come?\n> Yes",
        "On Monday I wrote to you. Nobody answered.",
        "On Monday\nmy son\nsaid: no",
        "From: my point of view it is fine",
        "Prices > 5 pounds are too much",
    ],
)
def test_nobodys_own_words_are_cut(text: str) -> None:
    assert newly_written(text) == text


def test_a_long_reply_is_cut() -> None:
    assert len(newly_written("word " * 100_000)) <= LONGEST_REPLY


def test_cutting_takes_no_time_on_hostile_text() -> None:
    for text in ("On " * 60_000, "On\n" * 60_000, ("On " + "x" * 290 + "\n") * 600, "_" * 200_000, "From:\n" * 30_000):
        began = time.process_time()
        without_quotes(text)
        assert time.process_time() - began < 1.0, text[:20]


def test_attachments_are_named_and_dropped() -> None:
    message = mail("See the letter")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="letter\u202efdp.exe")
    message.add_attachment(b"x" * 5_000, maintype="image", subtype="png")
    message.add_attachment("not for you", filename="notes.txt")
    reply = read(message)
    assert reply.text == "See the letter"
    assert reply.attachments == ("letterfdp.exe", "image/png", "notes.txt")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (rejected)"},
        {"Auto_Submitted": "Auto-Replied; owner-email=x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<list.example.org>"},
        {"Return_Path": "<>"},
    ],
)
def test_programs_that_answer_are_known(headers: dict[str, str]) -> None:
    reply = read(mail("I am away until Monday. Ring my daughter.", **headers))
    assert (reply.nature, reply.text) == (Nature.AUTOMATIC, "")


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "no"}, {"Precedence": "first-class"}])
def test_people_are_not_taken_for_programs(headers: dict[str, str]) -> None:
    assert read(mail(**headers)).nature is Nature.WRITTEN


def report(action: str = "failed", status: str = "5.1.1", inner: str = "message/rfc822") -> bytes:
    """A delivery report of RFC 3464 about a message of ours."""
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: replies@example.org\nReturn-Path: <>\n"
        "Auto-Submitted: auto-replied\nMessage-ID: <report@mx.example.org>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; rita@example.org\nAction: {action}\nStatus: {status}\n"
        f"--b\nContent-Type: {inner}\n\nMessage-ID: <ours@example.org>\nSubject: Your visit\n\nCan you come?\n--b--\n"
    ).encode()


@pytest.mark.parametrize("inner", ["message/rfc822", "text/rfc822-headers"])
def test_a_delivery_report_names_our_message(inner: str) -> None:
    reply = read_mail(report(inner=inner))
    assert (reply.nature, reply.answers, reply.text) == (Nature.BOUNCE, ("<ours@example.org>",), "")


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")])
def test_a_report_that_does_not_give_up_is_no_bounce(action: str, status: str) -> None:
    assert read_mail(report(action, status)).nature is Nature.AUTOMATIC


def test_signed_tags_are_found_in_any_recipient() -> None:
    reply = read(mail(To="Us <replies+ABCDEFGH234@example.org>, x@example.org", Delivered_To="replies+zzzzzzzz@x.org"))
    assert reply.tags == ("zzzzzzzz", "abcdefgh234")


def test_charsets_and_transfer_encodings() -> None:
    latin = (
        b"From: =?iso-8859-1?q?Ren=E9?= <rene@example.org>\nContent-Type: text/plain; charset=iso-8859-1\n"
        b"Content-Transfer-Encoding: quoted-printable\n\nCaf=E9 =A320\n"
    )
    assert read_mail(latin).text == "Café £20"
    unknown = b"From: a@example.org\nContent-Type: text/plain; charset=bogus-9\n\nCaf\xc3\xa9\n"
    assert read_mail(unknown).text == "Café"
    false = b"From: a@example.org\nContent-Type: text/plain; charset=utf-8\n\nCaf\xe9\n"
    assert read_mail(false).text == "Café"


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (number, number) for number in range(3_000)
)
HOSTILE = {
    "nothing": b"",
    "zeros": b"\x00" * 10_000,
    "no headers": b"\n\nwords",
    "nested": b"From: a@example.org\n" + NESTED,
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 20_000,
    "long header": b"From: a@example.org\nSubject: " + b"=?utf-8?b?" * 50_000 + b"\n\nx",
    "false words": b"From: =?utf-8?b?a?= <a@example.org>\nMessage-ID: <=?utf-8?b?a?=>\n\nx",
    "surrogates": b"From: =?utf-7?q?+2AA-?= <+2AA-@example.org>\nContent-Type: text/plain; charset=utf-7\n\n+2AA-",
    "many headers": b"X-A: b\n" * 50_000 + b"\nx",
    "false encoding": b"From: a@example.org\nContent-Transfer-Encoding: base64\n\n!!!!=",
    "false report": b"Content-Type: multipart/report; report-type=delivery-status\n\nnothing",
    "false from": b'From: "<<<>>>" <a@b@c>,,, (((\nTo: [[[\n\nx',
    "bad charset": b'Content-Type: text/plain; charset="\x00"\n\nx',
    "bidi": "From: a@example.org\n\n\u202eevil\u202d {{ 7*7 }} <script>".encode(),
    "many addresses": b"To: " + b"a+abcdefgh@x.org," * 20_000 + b"\n\nx",
    "parameters": b"Content-Type: text/plain;" + b" a*0*=x;" * 10_000 + b"\n\nx",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_or_refused_and_quickly(raw: bytes) -> None:
    began = time.process_time()
    try:
        reply = read_mail(raw)
    except UnreadableMailError:
        reply = None
    assert time.process_time() - began < 3.0
    if reply is not None:
        assert len(reply.text) <= LONGEST_REPLY
        assert len(reply.sender) <= 254
        assert "\u202e" not in reply.text
        assert "\x00" not in reply.text + reply.sender + "".join(reply.answers)
