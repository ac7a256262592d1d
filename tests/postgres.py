"""A PostgreSQL server of the suite's own: below a temporary folder, reachable over a local socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("initdb", "postgres", "pg_isready", "createdb")
INSTALL = "PostgreSQL is not installed: apt-get install postgresql (or the like)."


def find_programs() -> Path | None:
    """Return the folder that holds initdb and postgres, or None."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places += [Path("/opt/homebrew/bin"), Path("/usr/local/bin")]
    return next((place for place in places if all((place / name).exists() for name in PROGRAMS)), None)


def _user() -> str | None:
    """PostgreSQL refuses to run as root: name the user to become, or None to stay."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def serve(programs: Path) -> Iterator[str]:
    """Run a fresh server without durability, yield its SQLAlchemy address, and remove it."""
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    if user:
        shutil.chown(folder, user)
    cluster = folder / "cluster"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "user": user, "cwd": folder}
    subprocess.run(
        [programs / "initdb", "-D", cluster, "-U", "portal", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        **quiet,
    )
    options = [
        "-c",
        "listen_addresses=",
        "-c",
        "fsync=off",
        "-c",
        "synchronous_commit=off",
        "-c",
        "full_page_writes=off",
    ]
    server = subprocess.Popen([programs / "postgres", "-D", cluster, "-k", folder, *options], **quiet)
    try:
        _wait(programs, folder)
        subprocess.run([programs / "createdb", "-h", folder, "-U", "portal", "portal"], check=True, **quiet)
        yield f"postgresql+psycopg://portal@/portal?host={folder}"
    finally:
        server.terminate()
        server.wait(timeout=30)
        if server.stderr:
            server.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(programs: Path, folder: Path) -> None:
    for _ in range(150):
        ready = subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start within 15 seconds.")
