"""A table of listings goes out and comes back: every change is shown first, and only the good rows are taken."""

import csv
import dataclasses
import io
import re
import secrets
import time
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.core.database import db
from portal.directory.models import Capacity, Organisation, Taxonomy
from portal.listings.content import Content, When, content_of
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.sheet_rows import HEADER, REASONS
from portal.listings.sheets import read_sheet
from tests.factories import make_organisation, make_term
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in


@pytest.fixture
def group(cast: Cast) -> Organisation:
    make_term(Taxonomy.NEED, "lonely", name="Loneliness", plain_name="Feeling lonely")
    found = cast.gus.current_memberships[0].organisation
    assert found is not None
    return found


def keep(client: FlaskClient, cast: Cast) -> None:
    db.session.commit()
    db.session.rollback()
    sign_in(client, cast.gus)


def send(client: FlaskClient, body: bytes, name: str = "listings.csv") -> Any:
    return client.post("/listings/upload", data={"file": (io.BytesIO(body), name)}, content_type="multipart/form-data")


def take(client: FlaskClient, page: str, **fields: str) -> Any:
    return client.post("/listings/upload/take", data={"waiting": waiting(page), **fields})


def waiting(page: str) -> str:
    return re.search(r'name="waiting" value="([^"]+)"', page)[1]  # type: ignore[index]


def counts(page: str) -> tuple[int, ...]:
    return tuple(map(int, re.search(r"(\d+) new, (\d+) changed, (\d+) unchanged, (\d+) to put", page).groups()))  # type: ignore[union-attr]


def stored() -> dict[str, tuple[Listing, Content]]:
    db.session.rollback()
    found = {
        content_of(one.content).name: (one, content_of(one.content)) for one in db.session.scalars(sa.select(Listing))
    }
    db.session.expunge_all()
    db.session.rollback()
    return found


def as_csv(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, dict.fromkeys(name for row in rows for name in row))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_fifty_rows_of_which_three_are_bad(client: FlaskClient, cast: Cast, group: Organisation) -> None:
    stranger = make_listing(make_organisation("Somebody Else"), make_content(name="Not Yours"))
    own = make_listing(group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    stranger_id, own_id, group_id = str(stranger.id), str(own.id), group.id
    keep(client, cast)
    rows = [
        {"id": "", "name": f"Walk {number}", "summary": "A slow walk.", "categories": "Company",
         "days": "Tuesday 10:30-12:00; first Friday 14:00-15:00", "venue name": "The Bench", "postcode": "SE13 6LG",
         "cost": "free", "price": "", "places": "6 left", "telephone": "020 8555 0102"}
        for number in range(46)
    ]  # fmt: skip
    rows.append({**rows[0], "id": own_id, "name": "Warm Afternoons"})
    rows.append({**rows[0], "id": stranger_id, "name": "Stolen"})
    rows.append({**rows[0], "name": "Badly timed", "days": "Tuesday 12:00-10:00", "categories": "Knittting"})
    rows.append({**rows[0], "name": "", "telephone": "ring us"})
    page = send(client, as_csv(rows)).text
    assert counts(page) == (46, 1, 0, 3)
    assert "This is not the id of a listing of yours" in page
    assert (
        "Row 50: Badly timed" in page and "closes before it opens" in page and "“Knittting” is not in the list" in page
    )
    assert "Give it a name" in page
    assert "Warm Welcome Mornings</td>" in page and "<b>Warm Afternoons</b>" in page
    assert set(stored()) == {"Not Yours", "Warm Welcome Mornings"}

    bad = client.post("/listings/upload/faulty.csv", data={"waiting": waiting(page)})
    sheet = read_sheet(bad.data)
    assert [line.cells[1] for line in sheet.lines] == ["Stolen", "Badly timed", ""]
    assert sheet.header[-1] == REASONS and "closes before it opens" in sheet.lines[1].cells[-1]
    assert counts(send(client, bad.data).text) == (0, 0, 0, 3)

    assert take(client, page).location == "/listings"
    assert take(client, page).location == "/listings"  # a double click makes nothing twice
    found = stored()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Listing)) == 48
    db.session.rollback()
    assert len(found) == 48 and "Not Yours" in found and "Warm Afternoons" in found
    listing, content = found["Walk 7"]
    assert (listing.organisation_id, listing.state) == (group_id, ListingState.DRAFT)
    assert [rule.by_day for rule in content.when] == ["TU", "1FR"]
    assert (content.venues[0].name, content.venues[0].postcode, content.places_left) == ("The Bench", "SE13 6LG", 6)
    assert (content.categories, content.capacity) == (("company",), Capacity.PLACES)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_comes_back_as_it_went_changes_nothing(
    client: FlaskClient, cast: Cast, group: Organisation, kind: str
) -> None:
    venue = make_content().venues[0]
    places = (venue, dataclasses.replace(venue, id=uuid.uuid4(), name="The Annexe"))
    rules = (When(by_day="MO", venue=venue.id),)
    make_listing(group, make_content(needs=("lonely",), when=rules, venues=places))
    make_listing(
        group,
        make_content(name="=HYPERLINK(1)", summary="+1; 'x'", description="-a\n\n“b”;\tc", email="a@example.org"),
        ListingState.DRAFT,
        Shown.NOT_YET,
    )
    make_listing(group, Content(), ListingState.DRAFT, Shown.NOT_YET)
    keep(client, cast)
    answer = client.get(f"/listings/file.{kind}")
    assert f'filename="listings.{kind}"' in answer.headers["Content-Disposition"]
    cells = [cell for line in read_sheet(answer.data).lines for cell in line.cells]
    assert "'=HYPERLINK(1)" in cells and "'+1; 'x'" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert counts(send(client, answer.data, f"x.{kind}").text) == (0, 0, 3, 0)


def test_semicolons_an_unknown_column_and_formulas(client: FlaskClient, cast: Cast, group: Organisation) -> None:
    keep(client, cast)
    page = send(client, "name;Colour <b>;minimum_age\nWalk;red;18\n=1+1;;\nAges;;old".encode("cp1252")).text
    assert "We do not know the column “Colour &lt;b&gt;”" in page
    assert counts(page) == (1, 0, 0, 2)
    assert "It holds a formula" in page and "“old” is not an age" in page
    take(client, page)
    assert stored()["Walk"][1].minimum_age == 18


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Choose a file"),
        (b"colour,size\nred,1", "has to hold the names of the columns"),
        (b"name,Name\na,b", "two columns “name”"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "old kind of spreadsheet"),
        (b"name,description\n" + b"".join(b"%d,%s\n" % (n, secrets.token_urlsafe(750).encode()) for n in range(450)),
         "too long to look at in one go"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_listings_is_refused(
    client: FlaskClient, cast: Cast, group: Organisation, body: bytes, said: str
) -> None:
    keep(client, cast)
    answer = send(client, body, "x.csv" if body else "")
    assert said in answer.text


def test_what_somebody_else_changed_meanwhile_is_left_alone(
    client: FlaskClient, cast: Cast, group: Organisation
) -> None:
    made = make_listing(group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    listing_id = made.id
    keep(client, cast)
    page = send(client, f"id,summary\n{listing_id},Mine".encode()).text
    found = db.session.get(Listing, listing_id)
    assert found is not None
    found.content = {**found.content, "summary": "Theirs"}
    db.session.commit()
    db.session.rollback()
    answer = take(client, page)
    assert "left them alone: Warm Welcome Mornings" in client.get(answer.location).text
    assert stored()["Warm Welcome Mornings"][1].summary == "Theirs"


def test_a_table_waits_for_the_one_who_sent_it_and_for_a_day(
    client: FlaskClient, cast: Cast, group: Organisation, clock: Any
) -> None:
    keep(client, cast)
    page = send(client, b"name\nWalk").text
    token = waiting(page)
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for text in (changed, "", "x" * 310_000):
        assert client.post("/listings/upload/take", data={"waiting": text}).location == "/listings/upload"
    clock.shift(25 * 60 * 60)
    sign_in(client, cast.gus)
    assert take(client, page).location == "/listings/upload"
    assert stored() == {}


def test_whole_rows_can_be_sent_in_at_once(client: FlaskClient, cast: Cast, group: Organisation) -> None:
    make_listing(group, make_content(), ListingState.DRAFT, Shown.NOT_YET)
    keep(client, cast)
    whole = {"name": "Walk", "summary": "Slow.", "categories": "company", "days": "Monday 10:00",
             "postcode": "SE13 6LG", "venue name": "The Bench", "telephone": "020 8555 0102"}  # fmt: skip
    page = send(client, as_csv([whole, {"name": "Half"}])).text
    take(client, page, sends="y")
    found = stored()
    assert (found["Walk"][0].state, found["Half"][0].state) == (ListingState.WAITING, ListingState.DRAFT)


def test_a_thousand_rows_are_shown_soon(
    client: FlaskClient, cast: Cast, group: Organisation, no_collecting: None
) -> None:
    keep(client, cast)
    body = as_csv([{"name": f"Walk {number}", "days": "Tuesday 10:30-12:00"} for number in range(1000)])
    begun = time.process_time()
    assert counts(send(client, body).text) == (1000, 0, 0, 0)
    assert time.process_time() - begun < 8
    assert len(HEADER) == 19
