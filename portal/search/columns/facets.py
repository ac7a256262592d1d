"""Counts beside every filter: how many there would be if a value were chosen beside the other filters."""

from collections.abc import Mapping, Sequence

import numpy as np

from portal.search.columns.build import Mask, Whole
from portal.search.columns.filters import Filters, by_venue
from portal.search.columns.sessions import first_of_each
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.results import DAY_CHOICES, TIME_CHOICES


def count_facets(filters: Filters) -> dict[str, Mapping[str, int]]:
    """Return counts by filter and value. Within a filter values are alternatives; in access they add up."""
    columns = filters.columns
    facets: dict[str, Mapping[str, int]] = {}
    met = np.zeros(len(columns.documents), bool)
    met[columns.venues.service[filters.venues_alone]] = True
    for name in SERVICE_FILTERS:
        rows = filters.services_without(name) & met
        counts = columns.services.flags(name)[rows].sum(axis=0)
        facets[name] = _named(columns.vocabulary.values[name], counts)
    facets["access"] = _access(filters)
    facets["day"] = _sessions(filters, filters.table.days, filters.parts_met, DAY_CHOICES)
    facets["time"] = _sessions(filters, filters.table.parts, filters.days_met, TIME_CHOICES)
    return facets


def _named(values: Sequence[str], counts: Whole) -> dict[str, int]:
    return dict(zip(values, counts.tolist(), strict=True))


def _access(filters: Filters) -> dict[str, int]:
    columns = filters.columns
    rows = np.flatnonzero(filters.venues_but_access & filters.accessible)
    values = columns.vocabulary.values["access"]
    if not len(rows):
        return dict.fromkeys(values, 0)
    first = first_of_each(columns.venues.service[rows])
    held = np.logical_or.reduceat(columns.venues.access[rows], first, axis=0)
    return _named(values, held.sum(axis=0))


def _sessions(filters: Filters, bits: Whole, others: Mask, choices: Sequence[str]) -> dict[str, int]:
    """Count services by the bits of their sessions, which meet all that was asked but this filter itself."""
    columns, table = filters.columns, filters.table
    fitting = np.flatnonzero(filters.sessions_of_moment & others)
    by_rule = np.zeros(len(columns.rules), np.int64)
    if len(fitting):
        rules = table.rule[fitting]
        first = first_of_each(rules)
        by_rule[rules[first]] = np.bitwise_or.reduceat(bits[fitting], first)
    held = by_venue(columns, by_rule, np.bitwise_or, 0)
    mask = filters.near & filters.accessible & filters.services[columns.venues.service] & (held != 0)
    rows = np.flatnonzero(mask)
    if not len(rows):
        return dict.fromkeys(choices, 0)
    by_service = np.bitwise_or.reduceat(held[rows], first_of_each(columns.venues.service[rows]))
    return {choice: int((by_service >> bit & 1).sum()) for bit, choice in enumerate(choices)}
