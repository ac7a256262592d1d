"""When each job last ran and how that ended; and who runs it in this period, so that two workers do not both."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.jobs import registry
from portal.core.jobs.models import JobRun

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobState:
    """How one job fares. Instants are aware, in UTC; `minutes` is its period, None when it runs when asked."""

    name: str
    minutes: int | None
    begun_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    failed_at: dt.datetime | None = None
    count: int = 0
    failures: int = 0
    last_error: str = ""

    @property
    def is_failing(self) -> bool:
        """Whether the job has not ended well since it last failed."""
        return self.failed_at is not None and (self.ended_at is None or self.ended_at < self.failed_at)


def list_states() -> list[JobState]:
    """Return the state of every job, by name: those known here and those that ran elsewhere."""
    columns = (
        JobRun.name, JobRun.begun_at, JobRun.ended_at, JobRun.failed_at, JobRun.count, JobRun.failures,
        JobRun.last_error,
    )  # fmt: skip
    rows = {row.name: row._asdict() for row in db.session.execute(sa.select(*columns))}
    names = sorted({*rows, *registry.names()})
    return [JobState(**{"name": name, "minutes": registry.minutes_of(name), **rows.get(name, {})}) for name in names]


def find_sign_of_worker(states: list[JobState]) -> dt.datetime | None:
    """Return when a worker last began a job by itself, None if none ever did."""
    return max((one.begun_at for one in states if one.minutes and one.begun_at), default=None)


def note_begun(name: str) -> None:
    """Note that a job begins."""
    _note(name, begun_at=clock.now(), count=JobRun.count + 1)


def note_ended(name: str) -> None:
    """Note that a job ended well."""
    _note(name, ended_at=clock.now())


def note_failed(name: str, error: str) -> None:
    """Note that a job failed; of the error only its class is kept."""
    _note(name, failed_at=clock.now(), failures=JobRun.failures + 1, last_error=error[:120])


def take_period(name: str, period: int) -> bool:
    """Take a period of a job for this worker; says False when another one has it, or it is over."""
    return _write(name, {"period": period}, JobRun.period < period)


def _note(name: str, **values: Any) -> None:
    # A job is not given up because its state cannot be noted.
    try:
        _write(name, values, sa.true())
    except sa.exc.SQLAlchemyError as error:
        log.warning("The state of job %s could not be noted: %s", name, type(error).__name__)


def _write(name: str, values: dict[str, Any], condition: sa.ColumnElement[bool]) -> bool:
    """Change one row in a transaction of its own, whatever the job has open; says whether a row was changed."""
    with db.engine.connect().execution_options(sqlite_write=True) as connection:
        if connection.scalar(sa.select(JobRun.name).where(JobRun.name == name)) is None:
            try:
                with connection.begin_nested():
                    connection.execute(sa.insert(JobRun), {"name": name})
            except sa.exc.IntegrityError:
                log.debug("Another process was quicker with the row of %s.", name)
        done = connection.execute(sa.update(JobRun).where(JobRun.name == name, condition).values(**values))
        connection.commit()
        return done.rowcount == 1
