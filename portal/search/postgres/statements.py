"""The statements that answer a question: one for a page with its counts, and small ones for the rest."""

from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.postgres.parts import Parts

# As many bits as are put together at once, and counted from the left as those of search.flag are.
_BLOCK = 64


class Statement(Parts):
    """One question as a statement, and the values that go into it."""

    def page(self, number: int, length: int) -> str:
        """Return a statement that gives one JSON: the total, the hits of a page, and counts beside the filters.

        Pages are numbered from 1; beyond the last one it gives that.
        """
        first = self.value("offset", (number - 1) * length)
        total = "(SELECT coalesce(bit_count(bits_0), 0) FROM fits)"
        offset = f"least({first}::bigint, greatest(0, {total} - 1) / {length} * {length})"
        counts = f"'flags', ({self._flags()}), 'access', ({self._access()}), 'when', ({self._when()})"
        return (
            f"{self.parts()}, {self._fits()} SELECT json_build_object({self._shown(total, offset, length)}, {counts})"
        )

    def hits(self, start: int, end: int) -> str:
        """Return a statement that gives one JSON: the total, and the hits from one place in the order to another."""
        offset = f"{self.value('offset', start)}::bigint"
        total = f"(SELECT count(*) FROM spot WHERE fails = 0 AND {self.picked})"
        return f"{self.parts()} SELECT json_build_object({self._shown(total, offset, max(0, end - start))})"

    def _shown(self, total: str, offset: str, count: int) -> str:
        met = f"{self.moment()} AND {self.days_met} AND {self.parts_met}"
        next_one = (
            "SELECT json_build_array(day, begins, closes) FROM search.session WHERE rule = ANY (here.rules) "
            f"AND session.starts = hit.starts AND {met} ORDER BY ends LIMIT 1"
        )
        shown = (
            f"SELECT json_build_array(service_id, score, number, nullif(ground, 'Infinity'), ({next_one})) "
            "FROM search.venue AS here WHERE here.id = hit.id"
        )
        found = f"SELECT id, score, ground, starts FROM spot WHERE fails = 0 AND {self.picked} ORDER BY {self.order()}"
        some = f"{found} LIMIT {self.value('count', count)}::bigint OFFSET {offset}"
        return f"'total', {total}, 'hits', (SELECT json_agg(({shown})) FROM ({some}) AS hit)"

    def _fits(self) -> str:
        """Return two tables: of the services that have a fitting venue, the bits of those that meet all filters, and
        for each filter that was used of those that meet all others; as blocks, and put together."""
        fails = ["fails = 0", *(f"fails IN (0, {1 << bit})" for bit in range(len(self.used)))]
        own = f"1::bigint << ({_BLOCK - 1} - mod(service, {_BLOCK}))"
        in_blocks = ", ".join(f"bit_or({own}) FILTER (WHERE {one}) AS bits_{bit}" for bit, one in enumerate(fails))
        blocks = f"SELECT service / {_BLOCK} AS block, {in_blocks} FROM spot WHERE {self.picked} GROUP BY 1"
        whole = ", ".join(
            f"string_agg(coalesce(bits_{bit}, 0)::bigint::bit({_BLOCK})::text, '' ORDER BY block)::bit varying "
            f"AS bits_{bit}"
            for bit in range(len(fails))
        )
        last = f"(SELECT length(held) / {_BLOCK} - 1 FROM search.flag WHERE filter = 'all')"
        fits = f"SELECT {whole} FROM generate_series(0, {last}) AS block LEFT JOIN blocks USING (block)"
        return f"blocks AS MATERIALIZED ({blocks}), fits AS MATERIALIZED ({fits})"

    def _flags(self) -> str:
        """Return counts by value of services that have a fitting venue, whatever one filter says about them."""
        others = " ".join(f"WHEN '{name}' THEN bits_{bit}" for bit, name in enumerate(self.used, start=1))
        bits = f"CASE filter {others} ELSE bits_0 END" if others else "bits_0"
        named = ", ".join(f"'{name}'" for name in SERVICE_FILTERS)
        counted = f"SELECT filter, value, bit_count(held & {bits}) AS services FROM search.flag CROSS JOIN fits"
        return (
            f"SELECT json_agg(json_build_array(filter, value, services)) FROM ({counted} WHERE filter IN ({named})) "
            "AS counted WHERE services > 0"
        )

    def _access(self) -> str:
        """Return how many services have which combinations of what helps in getting in, at one venue or several."""
        alone = (
            "SELECT ARRAY[access] AS held, count(*) AS services FROM spot "
            f"WHERE is_only AND fails = 0 AND {self.happens} GROUP BY access"
        )
        several = (
            "SELECT held, count(*) FROM (SELECT array_agg(DISTINCT access) AS held FROM spot "
            f"WHERE NOT is_only AND fails = 0 AND {self.happens} GROUP BY service) AS each GROUP BY held"
        )
        return f"SELECT json_agg(json_build_array(held, services)) FROM ({alone} UNION ALL {several}) AS counted"

    def _when(self) -> str:
        """Return how many services still have sessions on which combinations of days and parts of the day."""
        each = (
            "SELECT bits FROM spot WHERE is_only AND fails = 0 AND bits <> 0 UNION ALL "
            "SELECT bit_or(bits) FROM spot WHERE NOT is_only AND fails = 0 AND bits <> 0 GROUP BY service"
        )
        return (
            "SELECT json_agg(json_build_array(bits, services)) "
            f"FROM (SELECT bits, count(*) AS services FROM ({each}) AS every GROUP BY bits) AS counted"
        )

    def total(self) -> str:
        """Return a statement that counts what is found."""
        return (
            f"{self.counted()} SELECT count(*) FILTER (WHERE is_only) "
            f"+ count(DISTINCT service) FILTER (WHERE NOT is_only) FROM spot WHERE fails = 0 AND {self.happens}"
        )

    def pins(self, limit: int) -> str:
        """Return a statement that gives (number, latitude, longitude, rank) of venues that may stand on a map."""
        order = f"row_number() OVER (ORDER BY {self.order()})"
        ranked = f"SELECT service, {order} AS rank FROM spot WHERE fails = 0 AND {self.picked}"
        return (
            f"{self.parts()} SELECT venue.number, latitude, longitude, rank FROM spot "
            f"JOIN ({ranked}) AS ranked USING (service) JOIN search.venue USING (id) "
            f"WHERE fails = 0 AND {self.happens} AND latitude IS NOT NULL "
            f"ORDER BY rank, spot.place LIMIT {self.value('limit', limit)}::bigint"
        )

    def needs(self) -> str:
        """Return a statement that gives (need, services) for what is found."""
        return (
            f"{self.parts()}, {self._fits()} SELECT value, bit_count(held & bits_0) AS services "
            "FROM search.flag CROSS JOIN fits WHERE filter = 'need'"
        )

    def standing(self) -> str:
        """Return a statement that gives (score, miles, words of the name, last confirmed) of what is found."""
        found = f"SELECT id, score, ground FROM spot WHERE fails = 0 AND {self.picked}"
        return (
            f"{self.parts()} SELECT score, ground, name_words, confirmed_on FROM ({found}) AS found "
            "JOIN search.venue USING (id)"
        )

    def numbers(self) -> str:
        """Return a statement that gives the numbers of the services found, in order."""
        return f"{self.parts()} SELECT service FROM spot WHERE fails = 0 AND {self.picked} ORDER BY {self.order()}"
