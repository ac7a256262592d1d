"""Which way a message leaves, by the settings of the site."""

from flask import current_app

from portal.core.settings import Settings
from portal.core.site import site
from portal.messages.channels import Carrier
from portal.messages.channels.email import sender_of
from portal.messages.channels.folder import ConsoleCarrier, FolderCarrier
from portal.messages.channels.notify import WAYS, NotifyCarrier
from portal.messages.channels.smtp import SmtpCarrier
from portal.messages.models import Channel

WHY_NO_WAY = {
    Channel.EMAIL: "No way to send e-mail is set up yet: see PORTAL_MAIL_URL.",
    Channel.SMS: "No way to send text messages is set up yet: see PORTAL_NOTIFY_TEMPLATES.",
    Channel.LETTER: "No way to send letters is set up yet: see PORTAL_NOTIFY_TEMPLATES.",
}


def carrier_for(channel: Channel) -> Carrier | None:
    """Return the way out for a channel, or None when none is set up.

    GOV.UK Notify where it has a key and a template for the channel; else e-mail takes PORTAL_MAIL_URL. In a
    demonstration text messages and letters go where e-mail goes, unless that is a mail server: then to the folder.
    """
    settings: Settings = current_app.extensions["settings"]
    templates = {WAYS[way]: template for way, template in settings.notify_templates}
    if settings.notify_key and channel in templates:
        return NotifyCarrier(settings.notify_key, settings.notify_url, templates)
    way, sender = settings.mail, sender_of(settings, site().name)
    if channel is not Channel.EMAIL:
        if not settings.demo:
            return None
        if way is None or way.kind not in {"console", "folder"}:
            way = settings.demonstration_mail
    if way is None:
        return None
    if way.kind == "console":
        return ConsoleCarrier()
    if way.kind == "folder":
        return FolderCarrier(way.path, sender)
    return SmtpCarrier(way, sender)
