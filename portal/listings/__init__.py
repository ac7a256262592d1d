"""Groups keep their own listings; moderators check them; both keep them fresh."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give an application the pages of groups and moderators, their jobs, and the counting of visits."""
    from portal.listings import (
        counting,
        figure_jobs,  # noqa: F401 - the worker has to know the jobs
        group_jobs,  # noqa: F401
        jobs,  # noqa: F401
        return_jobs,  # noqa: F401
        watch_jobs,  # noqa: F401
    )
    from portal.listings.views import BLUEPRINTS

    counting.init_app(app)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
