"""A line of the log is one line, with its time, whatever stands in it."""

import logging
import re

from portal.core.logs import OneLine


def test_what_somebody_sent_makes_no_line_of_its_own() -> None:
    record = logging.LogRecord("portal.core", logging.WARNING, "", 1, "a name\r\n2026 ERROR forged", None, None)
    line = OneLine("%(levelname)s %(name)s %(message)s").format(record)
    assert line == "WARNING portal.core a name\\r\\n2026 ERROR forged"


def test_an_error_with_its_trace_is_one_line_in_utc() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        record = logging.LogRecord("portal", logging.ERROR, "", 1, "It failed.", None, (ValueError, error, None))
    line = OneLine("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ").format(record)
    assert re.fullmatch(r"2026-11-23T09:00:0\dZ It failed\..*ValueError: first\\nsecond", line)
