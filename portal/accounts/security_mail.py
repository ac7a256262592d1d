"""Flask-Security's mail, which goes the way of all mail: through the outbox, in our wording, with its act."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import Flask
from flask_security import EmailValidateException, MailUtil

from portal.accounts.operations.letters import write_to
from portal.core.database import db
from portal.core.forms import LONGEST_ADDRESS
from portal.core.text import clean
from portal.core.web import public_url

BAD_ADDRESS = "Enter an e-mail address in full, like name@example.org"


def _link(wording: str, context: dict[str, Any]) -> str:
    """Return the address that a message leads to: under the site's own name, whatever host was asked."""
    match wording:
        case "confirm-address":
            return public_url("security.confirm_email", token=context["confirmation_token"])
        case "reset-password":
            return public_url("security.reset_password", token=context["reset_token"])
        case "account-exists":
            return public_url("security.forgot_password")
        case _:
            return ""


class Mail(MailUtil):
    """Takes what Flask-Security wants to send; its "templates" are the keys of our wordings."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def send_mail(
        self,
        template: str,
        subject: str,  # noqa: ARG002 - the wording has its own
        recipient: str | tuple[str, str],  # noqa: ARG002 - the user's own address
        sender: str | tuple[str, str],  # noqa: ARG002
        body: str | None,  # noqa: ARG002
        html: str | None,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        """Queue the message for the user it is about."""
        user = kwargs["user"]
        write_to(db.session(), user=user, wording=template, link=_link(template, kwargs), actor=user.actor)

    def normalize(self, email: str) -> str:
        """Return an address as it is compared and kept. Nobody is asked whether it exists."""
        try:
            found = validate_email(clean(email, limit=LONGEST_ADDRESS + 1), check_deliverability=False)
        except EmailNotValidError:
            raise EmailValidateException(BAD_ADDRESS) from None
        return found.normalized

    def validate(self, email: str) -> str:
        """Do the same for an address that mail will be sent to."""
        return self.normalize(email)
