"""The results page without the search: what rendering alone costs. Run by `make bench`, never part of the product.

Serves `/rendered/<number>`: the results template over what a real search prepared for it once, at the start.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask, render_template, template_rendered
from jinja2 import Template

import portal
from benchmarks.questions import result_addresses
from portal import serving
from portal.core.access import public

TEMPLATE = "search/results.html"
# What Flask and the portal give to every template anew.
_OF_A_REQUEST = frozenset({"g", "request", "session", "shortlist_count"})

_create_app = portal.create_app


def create_rendering_app() -> Flask:
    """Return the portal with one more route, which renders what was prepared for the real addresses."""
    app = _create_app()
    prepared: list[dict[str, Any]] = []

    @public
    def rendered(number: int) -> str:
        return render_template(TEMPLATE, **prepared[number])

    app.add_url_rule("/rendered/<int:number>", view_func=rendered)
    prepared += _prepare(app, result_addresses())
    return app


def _prepare(app: Flask, paths: Sequence[str]) -> list[dict[str, Any]]:
    client = app.test_client()
    with _contexts(app) as seen:
        for path in paths:
            answer = client.get(path)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} answered {answer.status}.")
    return seen


@contextmanager
def _contexts(app: Flask) -> Iterator[list[dict[str, Any]]]:
    """Gather what the results template is given."""
    seen: list[dict[str, Any]] = []

    def keep(_app: Flask, template: Template, context: dict[str, Any]) -> None:
        if template.name == TEMPLATE:
            seen.append({name: value for name, value in context.items() if name not in _OF_A_REQUEST})

    with template_rendered.connected_to(keep, app):
        yield seen


def main() -> None:
    """Serve exactly as the product is served; only what builds the application is another."""
    app = _create_app()
    portal.create_app = lambda settings=None: create_rendering_app()  # noqa: ARG005
    with app.app_context():
        serving.serve(app)


if __name__ == "__main__":
    main()
