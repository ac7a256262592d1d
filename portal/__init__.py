"""Hereabouts: a community services directory and social prescribing portal."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.core import database, errors, jobs, migrations, sealing, site, web
from portal.core.settings import Settings, from_environment


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from the settings given, or from the environment.

    Raises SettingError when a setting cannot be used.
    """
    chosen = settings or from_environment()
    app = Flask(__name__, static_folder="static", instance_relative_config=False)
    app.config["SQLALCHEMY_DATABASE_URI"] = chosen.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_pre_ping": not chosen.database.startswith("sqlite"),
        # What people typed does not belong into a log.
        "hide_parameters": True,
    }
    if chosen.database.startswith("sqlite:///"):
        Path(chosen.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    if chosen.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=chosen.proxies, x_proto=chosen.proxies, x_host=chosen.proxies
        )
    database.db.init_app(app)
    migrations.init_app(app)
    web.init_app(app, chosen)
    site.init_app(app)
    sealing.init_app(app, chosen)
    errors.init_app(app)
    jobs.init_app(app, chosen)
    _open_rooms(app)
    return app


def _open_rooms(app: Flask) -> None:
    """Register the rooms from the bottom up."""
    from portal import accounts, guides, listings, search
    from portal.accounts import models as _accounts  # noqa: F401 - the tables have to be known
    from portal.accounts.cli import users as user_commands
    from portal.accounts.views.admin import blueprint as admin_pages
    from portal.accounts.views.invitations import blueprint as invitation_pages
    from portal.accounts.views.team import blueprint as team_pages
    from portal.audit import requests as audited_requests
    from portal.audit.cli import cli as audit_commands
    from portal.core import health
    from portal.directory import calendar, changes
    from portal.directory.cli import import_command
    from portal.geo.cli import cli as geo_commands
    from portal.messages import jobs as _message_jobs  # noqa: F401 - the worker has to know them
    from portal.messages.cli import cli as message_commands
    from portal.messages.inbound import jobs as _reply_jobs  # noqa: F401 - the worker has to know them
    from portal.messages.inbound.mailbox_address import find_mailbox
    from portal.messages.views import blueprint as inbound_messages
    from portal.search.cli import cli as index_commands
    from portal.search.cli import setup as setup_command
    from portal.search.cli import words as word_commands
    from portal.search.views import blueprint as search_pages

    changes.listen()
    audited_requests.init_app(app)
    accounts.init_app(app, app.extensions["settings"])
    calendar.init_app(app)
    search.init_app(app)
    find_mailbox(app.extensions["settings"])  # what cannot be used is said at the start, not when mail should leave
    for pages in (health.blueprint, inbound_messages, search_pages, admin_pages, team_pages, invitation_pages):
        app.register_blueprint(pages)
    guides.init_app(app)
    listings.init_app(app)
    for command in (user_commands, audit_commands, geo_commands, import_command, index_commands, message_commands):
        app.cli.add_command(command)
    app.cli.add_command(setup_command)
    app.cli.add_command(word_commands)
