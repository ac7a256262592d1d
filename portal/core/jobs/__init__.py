"""What is done later or again and again, by a worker beside the site. See docs/jobs.md.

A job takes ids only, runs in an application context, and opens its own transactions. It may run twice, and it is
lost when a machine stops between a commit and the queue or in the middle of the job: what has to happen is also looked
for by a job that runs every few minutes.
"""

from portal.core.jobs.queue import QueueLength, find_queue_length, init_app, later, now_after_commit, settle
from portal.core.jobs.registry import UnknownJobError, every, job
from portal.core.jobs.running import current_job
from portal.core.jobs.states import JobState, find_sign_of_worker, list_states

__all__ = [
    "JobState",
    "QueueLength",
    "UnknownJobError",
    "current_job",
    "every",
    "find_queue_length",
    "find_sign_of_worker",
    "init_app",
    "job",
    "later",
    "list_states",
    "now_after_commit",
    "settle",
]
