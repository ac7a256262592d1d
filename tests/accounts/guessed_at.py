"""A server process of the real site that writes down each time a password is checked. Started by test_throttle."""

import logging
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from passlib.context import CryptContext
from werkzeug.serving import make_server

from portal import create_app
from portal.core.settings import Settings


def counted(check: Callable[..., Any], path: Path) -> Callable[..., Any]:
    """Return the check, which adds a line with the time to a file before it is made."""

    def checked(self: CryptContext, *args: Any, **kwargs: Any) -> Any:
        with path.open("a") as lines:
            lines.write(f"{time.time()}\n")
        return check(self, *args, **kwargs)

    return checked


def serve(settings: Settings, path: Path, line: Connection) -> None:
    """Serve until the process is ended; the port is sent first."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    CryptContext.verify = counted(CryptContext.verify, path)
    CryptContext.hash = counted(CryptContext.hash, path)
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    line.send(server.server_port)
    server.serve_forever()
