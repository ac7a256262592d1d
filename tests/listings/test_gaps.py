"""My listings: who looked, what led there, and what is missing near a group; small numbers and secrets stay hidden."""

import dataclasses
import datetime as dt

import pytest
from flask.testing import FlaskClient

from portal.core import clock
from portal.core.database import transaction
from portal.directory.models import Taxonomy
from portal.listings.models import Listing, Seen
from portal.listings.operations.figures import Happened, add_figures
from portal.search.log.models import LoggedOpening, LoggedSearch
from tests.factories import make_area, make_term
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

CENTRAL = [(-0.02, 51.45), (0.0, 51.45), (0.0, 51.47), (-0.02, 51.47)]


@pytest.fixture
def listing(cast: Cast) -> Listing:
    """A listing of the group that Gus edits, in a neighbourhood that has a name."""
    with transaction():
        make_area("central", CENTRAL)
        make_term(Taxonomy.NEED, "memory", plain_name="Memory and dementia")
        return make_listing(cast.group)


def searched(times: int, words: str = "", needs: str = "", found: int = 0) -> None:
    with transaction() as session:
        session.add_all(
            LoggedSearch(
                day=clock.today(), words=words, left_out=0, needs=needs, filters={}, area="central", found=found
            )
            for _ in range(times)
        )


def opened(listing: Listing, times: int, words: str) -> None:
    with transaction() as session:
        session.add_all(
            LoggedOpening(
                day=clock.today(), service_id=listing.service_id, words=words, left_out=0, needs="", area="central"
            )
            for _ in range(times)
        )


def test_figures_and_what_led_there(client: FlaskClient, listing: Listing, cast: Cast) -> None:
    today = clock.today()
    counts = {
        Happened(listing.service_id, today, Seen.VIEWED): 12,
        Happened(listing.service_id, today - dt.timedelta(days=29), Seen.VIEWED): 2,
        Happened(listing.service_id, today - dt.timedelta(days=30), Seen.VIEWED): 100,
        Happened(listing.service_id, today, Seen.SHORTLISTED): 1,
    }
    add_figures(actor="test", counts=counts)
    opened(listing, 5, "warm mornings")
    opened(listing, 4, "cup tea")
    page = sign_in(client, cast.gus).get("/listings").text
    assert "looked at 14 times, saved 1 time" in page
    assert "who looked for “warm mornings”." in page and "cup tea" not in page


def test_gaps_near_a_group(client: FlaskClient, listing: Listing, cast: Cast) -> None:
    sign_in(client, cast.gus)
    searched(4, "warm tea")
    searched(9, "warm mornings", found=8)
    assert "Gaps near you" not in client.get("/listings").text
    searched(2, "warm tea", found=1)
    searched(7, needs="memory")
    page = client.get("/listings").text
    assert "Gaps near you that you could fill" in page
    assert "Memory and dementia <span" in page and "7 searches" in page
    assert "“warm tea” <span" in page and "6 searches" in page and "warm mornings" not in page
    assert page.index("Memory and dementia") < page.index("“warm tea”")


def test_a_confidential_place_has_no_gaps_around_it(client: FlaskClient, cast: Cast) -> None:
    hidden = dataclasses.replace(make_content().venues[0], is_confidential=True)
    with transaction():
        make_area("central", CENTRAL)
        make_term(Taxonomy.NEED, "memory")
        make_listing(cast.group, make_content(venues=(hidden,)))
    searched(7, needs="memory")
    assert "Gaps near you" not in sign_in(client, cast.gus).get("/listings").text
