"""Counts beside every filter: how many there would be if a value were chosen beside the other filters."""

from collections.abc import Mapping, Sequence

import numpy as np

from portal.search.columns.build import BITS_AT_ONCE, Whole, packed
from portal.search.columns.filters import Filters
from portal.search.columns.sessions import first_of_each
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.results import DAY_CHOICES, TIME_CHOICES


def count_facets(filters: Filters) -> dict[str, Mapping[str, int]]:
    """Return counts by filter and value. Within a filter values are alternatives; in access they add up."""
    columns = filters.columns
    facets: dict[str, Mapping[str, int]] = {}
    met = np.zeros(len(columns.documents), bool)
    met[columns.venues.service[filters.venues_alone]] = True
    # A filter that was not used has no mask of its own: what meets everything counts for it.
    every = packed(filters.services & met)
    for name in SERVICE_FILTERS:
        rows = packed(filters.services_without(name) & met) if name in filters.by_filter else every
        counts = np.bitwise_count(columns.services.bits[name] & rows).sum(axis=1, dtype=np.int64)
        facets[name] = _named(columns.vocabulary.values[name], counts)
    facets["access"] = _access(filters)
    return facets | _sessions(filters)


def _named(values: Sequence[str], counts: Whole) -> dict[str, int]:
    return dict(zip(values, counts.tolist(), strict=True))


def _access(filters: Filters) -> dict[str, int]:
    columns = filters.columns
    rows = np.flatnonzero(filters.venues_but_access & filters.accessible)
    values = columns.vocabulary.values["access"]
    if not len(rows):
        return dict.fromkeys(values, 0)
    first = first_of_each(columns.venues.service[rows])
    counts: list[int] = []
    for line in columns.venues.access_bits:
        held = np.bitwise_or.reduceat(line[rows], first)
        bits = range(min(BITS_AT_ONCE, len(values) - len(counts)))
        counts += [int(np.count_nonzero(held & 1 << bit)) for bit in bits]
    return dict(zip(values, counts, strict=True))


def _sessions(filters: Filters) -> dict[str, Mapping[str, int]]:
    """Count services by days and parts of the day of their sessions, which meet all that was asked but this filter."""
    columns = filters.columns
    if filters.asks_when:
        counting = filters.sessions_of_moment
        held = filters.moment.bits_of(filters.table, counting, days_of=filters.parts_met, parts_of=filters.days_met)
    else:
        held = filters.moment.days_and_parts
    rows = np.flatnonzero(filters.near & filters.accessible & filters.services[columns.venues.service] & (held != 0))
    choices = (*DAY_CHOICES, *TIME_CHOICES)
    # There are few combinations of days and parts of the day, so they are counted and not the services.
    combined = np.bitwise_or.reduceat(held[rows], first_of_each(columns.venues.service[rows])) if len(rows) else rows
    times = np.bincount(combined, minlength=1 << len(choices))
    kinds = np.flatnonzero(times)
    counts = (times[kinds] @ (kinds[:, None] >> np.arange(len(choices)) & 1)).tolist()
    named = dict(zip(choices, counts, strict=True))
    return {"day": {one: named[one] for one in DAY_CHOICES}, "time": {one: named[one] for one in TIME_CHOICES}}
