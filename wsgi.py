"""The application for a WSGI server: `gunicorn wsgi:app`."""

from portal import create_app, serving

app = create_app()
serving.refuse_cast(app)
