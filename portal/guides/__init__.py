"""Pages of information and advice: written by moderators in Markdown, shown to everybody."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give an application its guides: the pages of moderators, and the shelf that the search looks at."""
    from portal.guides import jobs, shelf  # noqa: F401 - the worker has to know the jobs
    from portal.guides.views import blueprint as pages

    shelf.init_app(app)
    app.register_blueprint(pages)
