"""Commands about messages: `portal messages …`."""

import click
from flask.cli import AppGroup, with_appcontext

from portal.core.web import settings
from portal.messages.inbound.mailbox import MailboxError, read_mailbox
from portal.messages.inbound.mailbox_address import find_mailbox

cli = AppGroup("messages", help="Look after messages that go out and come in.")


@cli.command("read-mailbox")
@with_appcontext
def read_mailbox_command() -> None:
    """Take in what is new in the mailbox for replies."""
    if find_mailbox(settings()) is None:
        raise click.ClickException("PORTAL_MAILBOX_URL is not set, so there is no mailbox to read.")
    try:
        click.echo(f"Taken in: {read_mailbox(settings())}")
    except MailboxError as error:
        raise click.ClickException(str(error)) from None
