"""Which jobs there are, and how often some of them run."""

import re
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Argument = str | int | uuid.UUID
Plain = str | int

_functions: dict[str, Callable[..., Any]] = {}
_minutes: dict[str, int] = {}
# What an id or a key looks like; nothing that a person typed looks like this for long.
_ID = re.compile(r"[A-Za-z0-9_:.-]{1,80}")


class UnknownJobError(Exception):
    """There is no job of that name in this process."""


def job(name: str) -> Callable[[Function], Function]:
    """Make a function a job: it takes ids, as text or whole numbers, and may run twice."""

    def register(function: Function) -> Function:
        known = _functions.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"There are two jobs of the name {name}.")
        _functions[name] = function
        return function

    return register


def every(name: str, *, minutes: int) -> Callable[[Function], Function]:
    """Run a job without arguments once in each period of so many minutes, counted in UTC from midnight.

    To be put over the function as `@every("name", minutes=5)`; or called alone, for a job that has its name already.
    """
    if minutes < 1:
        raise ValueError("A period is a minute or longer.")
    _minutes[name] = minutes
    return job(name)


def function_of(name: str) -> Callable[..., Any]:
    """Return the function of a job. Raises UnknownJobError."""
    try:
        return _functions[name]
    except KeyError:
        raise UnknownJobError(name) from None


def names() -> list[str]:
    """Return the names of all jobs, sorted."""
    return sorted(_functions)


def minutes_of(name: str) -> int | None:
    """Return the period of a job in minutes, None when it only runs when asked."""
    return _minutes.get(name)


def plain(arguments: tuple[Argument, ...]) -> tuple[Plain, ...]:
    """Return ids as they go into the queue. Raises TypeError for anything that is not an id."""
    found: list[Plain] = []
    for argument in arguments:
        if isinstance(argument, uuid.UUID):
            found.append(str(argument))
        elif (isinstance(argument, int) and not isinstance(argument, bool)) or (
            isinstance(argument, str) and _ID.fullmatch(argument)
        ):
            found.append(argument)
        else:
            raise TypeError("A job takes ids only, since its arguments stand in the queue for all to read.")
    return tuple(found)
