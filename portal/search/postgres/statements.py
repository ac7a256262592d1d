"""The statements that answer a question: one for a page with its counts, and small ones for the rest."""

from portal.search.postgres.parts import Parts
from portal.search.results import DAY_CHOICES, TIME_CHOICES


class Statement(Parts):
    """One question as a statement, and the values that go into it."""

    def page(self, number: int, length: int) -> str:
        """Return a statement that gives one JSON: the total, the hits of a page, and counts beside the filters.

        Pages are numbered from 1; beyond the last one it gives that.
        """
        first = self.value("offset", (number - 1) * length)
        offset = f"least({first}::bigint, greatest(0, (SELECT count(*) - 1 FROM ranked)) / {length} * {length})"
        counts = f"'flags', ({self._flags()}), 'access', ({self._access()}), 'when', ({self._when()})"
        return f"{self.parts()} SELECT json_build_object({self._found(offset, length)}, {counts})"

    def hits(self, start: int, end: int) -> str:
        """Return a statement that gives one JSON: the total, and the hits from one place in the order to another."""
        offset = f"{self.value('offset', start)}::bigint"
        return f"{self.parts()} SELECT json_build_object({self._found(offset, max(0, end - start))})"

    def _found(self, offset: str, count: int) -> str:
        met = (
            f"{self.moment()} AND {self.bits('days', self.request.days, DAY_CHOICES)} "
            f"AND {self.bits('parts', self.request.times, TIME_CHOICES)}"
        )
        next_one = (
            "SELECT day, begins, closes FROM search.session WHERE rule = ANY (hit.rules) "
            f"AND session.starts = hit.starts AND {met} ORDER BY ends LIMIT 1"
        )
        return (
            "'total', (SELECT count(*) FROM ranked), 'hits', (SELECT json_agg(json_build_array("
            "service_id, score, at_number, nullif(ground, 'Infinity'), day, begins, closes) ORDER BY rank) "
            f"FROM (SELECT * FROM ranked ORDER BY rank LIMIT {self.value('count', count)} OFFSET {offset}) AS hit "
            f"LEFT JOIN LATERAL ({next_one}) AS next_one ON true)"
        )

    def _flags(self) -> str:
        """Return counts by flag of services that have a fitting venue, whatever one filter says about them."""
        fits = ["fails = 0"]
        fits += [f"fails = {1 << bit} AND flag LIKE '{name}:%%'" for bit, name in enumerate(self.used)]
        for_all = 1 << self.used.index("for") if "for" in self.used else 0
        counted = (
            "SELECT flag, count(*) AS services FROM picked CROSS JOIN unnest(flags) AS one (flag) "
            f"WHERE {' OR '.join(fits)} GROUP BY flag "
            f"UNION ALL SELECT 'for', count(*) FROM picked WHERE is_for_all AND fails IN (0, {for_all})"
        )
        return f"SELECT json_agg(json_build_array(flag, services)) FROM ({counted}) AS counted"

    def _access(self) -> str:
        pairs = (
            "SELECT DISTINCT number, value FROM spot CROSS JOIN unnest(access) AS one (value) "
            "WHERE fails = 0 AND is_accessible AND happens"
        )
        counted = f"SELECT value, count(*) AS services FROM ({pairs}) AS pairs GROUP BY value"
        return f"SELECT json_agg(json_build_array(value, services)) FROM ({counted}) AS counted"

    def _when(self) -> str:
        """Return counts by the days, then by the parts of the day, on which services still have a session."""
        counts = [f"count(*) FILTER (WHERE days & {1 << bit} <> 0)" for bit in range(len(DAY_CHOICES))]
        counts += [f"count(*) FILTER (WHERE parts & {1 << bit} <> 0)" for bit in range(len(TIME_CHOICES))]
        return (
            f"SELECT json_build_array({', '.join(counts)}) FROM (SELECT bit_or(days) AS days, bit_or(parts) AS parts "
            "FROM spot WHERE fails = 0 AND is_accessible GROUP BY number) AS held"
        )

    def total(self) -> str:
        """Return a statement that counts what is found."""
        return f"{self.parts()} SELECT count(*) FROM ranked"

    def pins(self, limit: int) -> str:
        """Return a statement that gives (number, latitude, longitude, rank) of venues that may stand on a map."""
        return (
            f"{self.parts()} SELECT spot.at_number, spot.latitude, spot.longitude, rank FROM spot "
            "JOIN ranked USING (number) WHERE spot.is_accessible AND spot.happens AND spot.latitude IS NOT NULL "
            f"ORDER BY rank, spot.place LIMIT {self.value('limit', limit)}"
        )

    def needs(self) -> str:
        """Return a statement that gives (need, services) for what is found."""
        return (
            f"{self.parts()} SELECT substr(flag, 6), count(*) FROM ranked CROSS JOIN unnest(flags) AS one (flag) "
            "WHERE flag LIKE 'need:%%' GROUP BY flag"
        )
