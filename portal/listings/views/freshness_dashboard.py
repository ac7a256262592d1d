"""How much of what residents see was confirmed of late, as tables and as a file."""

import csv
import io

from flask import Response, render_template

from portal.core.access import Permission, needs
from portal.core.clock import today
from portal.listings.queries.freshness_shares import Share, measure_freshness
from portal.listings.views import moderation

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@moderation.get("/freshness")
@needs(Permission.LISTING_MODERATE)
def freshness() -> str:
    """Show the shares by area and by category."""
    return render_template("listings/freshness.html", shares=measure_freshness(today()), today=today())


@moderation.get("/freshness.csv")
@needs(Permission.LISTING_MODERATE)
def freshness_file() -> Response:
    """Give the same numbers as a file for spreadsheets."""
    shares = measure_freshness(today())
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["by", "name", "listings", "confirmed_in_six_months", "percent", "older_than_a_year"])
    for by, each in (("all", [shares.total]), ("area", shares.areas), ("category", shares.categories)):
        rows.writerows([by, _as_text(one.name), *_numbers(one)] for one in each)
    name = f"freshness-{today().isoformat()}.csv"
    # The mark at the start tells spreadsheets that it is UTF-8.
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _numbers(share: Share) -> list[int]:
    return [share.listings, share.confirmed, share.percent, share.old]


def _as_text(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
