"""A server process of the real site that writes down each time a password is checked. Started by test_throttle."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from passlib.context import CryptContext
from werkzeug.serving import make_server

from portal import create_app


def counted(check: Callable[..., Any], path: str) -> Callable[..., Any]:
    """Return the check, which adds a line with the time to a file before it is made."""

    def checked(self: CryptContext, *args: Any, **kwargs: Any) -> Any:
        with Path(path).open("a") as lines:
            lines.write(f"{time.time()}\n")
        return check(self, *args, **kwargs)

    return checked


def main(path: str) -> None:
    """Serve until the process is ended; the port is printed first."""
    CryptContext.verify = counted(CryptContext.verify, path)
    CryptContext.hash = counted(CryptContext.hash, path)
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    os.environ.setdefault("PORTAL_PROXIES", "1")
    main(sys.argv[1])
