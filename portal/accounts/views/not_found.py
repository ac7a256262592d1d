"""What is not there, or not yours: the same page either way."""

from flask import render_template


def not_there(_error: Exception) -> tuple[str, int]:
    """Answer a loader that found nothing for this user."""
    return render_template("core/error.html", status=404), 404
