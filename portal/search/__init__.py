"""What is indexed and how it is ranked, and all public pages of the directory."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Give an application its search, what it has shown, the words of crisis, and the log of what is looked for."""
    from portal.search import crisis, engine, known_names, listed
    from portal.search.log import writing
    from portal.search.postgres import jobs as _table_jobs  # noqa: F401 - the worker has to know them

    engine.init_app(app)
    listed.init_app(app)
    known_names.init_app(app)
    crisis.init_app(app)
    writing.init_app(app)
