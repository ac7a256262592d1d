"""Users, sign-in, second factor, sessions, teams, memberships and roles."""

from flask import Flask

from portal.core.settings import Settings


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its accounts: signing in, sessions, and the gate before every page that is not public."""
    from portal.accounts import gate, jobs, security, sessions, throttle  # noqa: F401 - the worker has to know the jobs
    from portal.accounts.views.account import blueprint as account_pages

    security.init_app(app, chosen)
    sessions.init_app(app, chosen)
    gate.init_app(app)
    throttle.init_app(app)
    app.register_blueprint(account_pages)
