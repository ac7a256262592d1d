"""How the jobs fare, for administrators."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, UtcDateTime


class JobRun(Base):
    """One job: when it last began, ended well and failed. `period` is the last one that a worker took for itself."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    begun_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    failures: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    last_error: Mapped[str] = mapped_column(sa.String(120), default="")
    period: Mapped[int] = mapped_column(sa.BigInteger, default=-1)
