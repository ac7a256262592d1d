"""Hereabouts: a community services directory and social prescribing portal."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.core import database, errors, web
from portal.core.settings import ROOT, Settings, from_environment


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
    database.migrate.init_app(app, database.db, directory=str(ROOT / "migrations"))
    web.init_app(app, chosen)
    errors.init_app(app)
    _open_rooms(app)
    return app


def _open_rooms(app: Flask) -> None:
    """Register the rooms from the bottom up."""
    from portal.core import health
    from portal.directory import changes
    from portal.directory.cli import import_command
    from portal.geo.cli import cli as geo_commands
    from portal.search import engine
    from portal.search.cli import cli as index_commands
    from portal.search.views import blueprint as search_pages

    changes.listen()
    engine.init_app(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(search_pages)
    for command in (geo_commands, import_command, index_commands):
        app.cli.add_command(command)
