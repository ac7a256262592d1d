"""How the jobs fare that the site does by itself."""

import datetime as dt

from flask import render_template

from portal.accounts.views.admin import blueprint
from portal.core import clock
from portal.core import jobs as site_jobs
from portal.core.access import Permission, needs

# After so long without a sign, something is wrong: some job is due every minute.
_SILENCE = dt.timedelta(minutes=10)


@blueprint.get("/jobs")
@needs(Permission.JOBS_READ)
def jobs() -> str:
    """Show each job with its last run, how many wait, and whether a worker is there."""
    states = site_jobs.list_states()
    seen_at = site_jobs.find_sign_of_worker(states)
    return render_template(
        "admin/jobs.html",
        states=states,
        length=site_jobs.find_queue_length(),
        seen_at=seen_at,
        is_silent=seen_at is None or clock.now() - seen_at > _SILENCE,
    )
