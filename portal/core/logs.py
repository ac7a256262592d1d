"""What the program writes down for whoever runs it: one line for each event, with its time in UTC."""

import logging
import time


class OneLine(logging.Formatter):
    """A line for each record: what somebody sent cannot begin a line of its own, and looks like no other record."""

    converter = time.gmtime  # type: ignore[assignment]

    def format(self, record: logging.LogRecord) -> str:
        """Return the record, a trace of an error included, with its line breaks written out."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")


def set_up() -> None:
    """Write everything from INFO up to standard error. For programs; tests and other callers keep their own."""
    shown = logging.StreamHandler()
    shown.setFormatter(OneLine("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[shown])
    for noisy in ("alembic", "huey"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
