"""Bringing rows into line with what a draft says, touching only what differs."""

import enum
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")


class Outcome(enum.Enum):
    """What saving a draft did."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def set_values(row: object, values: Mapping[str, Any]) -> bool:
    """Set the columns that differ, and say whether there were any."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def set_rows(
    rows: list[Row],
    wanted: Sequence[Mapping[str, Any]],
    make: Callable[..., Row],
    *,
    key: Sequence[str],
    reuse: bool,
) -> bool:
    """Bring a list of child rows into line with the values wanted, and say whether anything changed.

    Rows keep their ids: one that has the same `key` columns is kept, and with `reuse` one that is left over
    takes on new values instead of being deleted and made anew. The key must be unique unless `reuse` is set.
    """
    if not rows and not wanted:
        return False
    by_key: dict[Hashable, list[Row]] = {}
    for row in rows:
        by_key.setdefault(tuple(_hashable(getattr(row, name)) for name in key), []).append(row)
    kept: list[tuple[Row, Mapping[str, Any]]] = []
    homeless: list[Mapping[str, Any]] = []
    for values in wanted:
        same = by_key.get(tuple(_hashable(values[name]) for name in key))
        if same:
            kept.append((same.pop(0), values))
        else:
            homeless.append(values)
    spare = [row for same in by_key.values() for row in same]
    while reuse and spare and homeless:
        kept.append((spare.pop(0), homeless.pop(0)))
    changed = bool(spare or homeless)
    for row in spare:
        rows.remove(row)
    for row, values in kept:
        changed = set_values(row, values) or changed
    rows.extend(make(**values) for values in homeless)
    return changed


def _hashable(value: Any) -> Hashable:
    return tuple(value) if isinstance(value, list) else value


def numbered(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the values with their place in the list as `position`."""
    return [{**each, "position": place} for place, each in enumerate(values)]
