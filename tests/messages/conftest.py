"""What the tests of messages stand on: wording of their own, a mail server, and a site that uses it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.core.database import transaction
from portal.messages import operations
from portal.messages import wording as wordings
from portal.messages.models import Channel, OutboxMessage, Recipient
from tests.messages.servers import MailServer

NOTICE = """
key: notice
name: A notice
when: In tests only.
why: You get this because {site_name} is being tested.
subject: "News for {name}"
text: |
  Hello {name},

  {words}
  with kind regards from {site_name}

  {link}

  Bye.
sms: "{name}: {words} {link}"
letter: |
  Dear {name},

  {words} {link}
placeholders:
  name: Rita
  words: Lunch is at noon.
  link: https://hereabouts.example.org/news
buttons:
  link: Read the news
"""
ALARM = """
key: alarm
name: An alarm
when: In tests only.
why: You get this because somebody may be in danger.
subject: Look at {site_name} now
text: Somebody needs you.
urgent: true
placeholders: {}
"""


@pytest.fixture
def wording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with two wordings, `notice` and `alarm`, instead of those that ship."""
    folder = tmp_path / "wording"
    folder.mkdir()
    (folder / "notice.yml").write_text(NOTICE)
    (folder / "alarm.yml").write_text(ALARM)
    monkeypatch.setattr(wordings, "FOLDER", folder)
    wordings.shipped.cache_clear()
    yield folder
    wordings.shipped.cache_clear()


@pytest.fixture
def use(app: Flask) -> Callable[..., None]:
    """Change settings of the test's site: `use(mail_url="smtp://127.0.0.1:1")`."""

    def change(**values: Any) -> None:
        app.extensions["settings"] = replace(app.extensions["settings"], **values)

    return change


@pytest.fixture
def mail_server(use: Callable[..., None]) -> Iterator[MailServer]:
    """A real mail server that runs, and that the site uses."""
    server = MailServer()
    server.start()
    use(mail_url=f"smtp://127.0.0.1:{server.port}")
    yield server
    server.stop()


def queue_notice(address: str = "rita@example.org", *, wording: str = "notice", **options: Any) -> OutboxMessage:
    """Queue one message in a transaction of its own."""
    channel = options.pop("channel", Channel.EMAIL)
    to = Recipient(channel, address, options.pop("to_name", "Rita"))
    words = {"name": "Rita", "words": "Lunch is at noon.", "link": "https://hereabouts.example.org/news"}
    values = {**words, **options.pop("values", {})} if wording == "notice" else {}
    with transaction() as session:
        return operations.queue(session, wording=wording, to=to, values=values, actor="test", **options)
