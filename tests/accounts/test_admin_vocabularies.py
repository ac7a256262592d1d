"""Administrators change the lists of words; the search follows at once, and nothing in use is lost."""

import pytest
from flask.testing import FlaskClient

from portal.core.database import db
from portal.core.editing import RefusedChangeError
from portal.directory.models import Service, Taxonomy, TaxonomyTerm
from portal.directory.operations import load_vocabulary
from portal.directory.operations import vocabulary as operations
from portal.directory.queries import find_term, list_terms
from portal.search.engine import engine
from portal.search.finding import find, suggest
from portal.search.results import SearchRequest
from tests.accounts.test_admin_site import audited, text
from tests.factories import make_service
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

NEED = {"name": "Pets and their people", "plain_name": "My dog", "description": "Vets.", "icon": "leaf", "version": ""}


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator, over the lists that ship and one service."""
    load_vocabulary(actor="test")
    make_service("Warm Welcome Mornings", needs=["loneliness"])
    db.session.commit()
    return sign_in(client, cast.ada)


def names(taxonomy: Taxonomy) -> list[str]:
    db.session.expire_all()
    return [term.slug for term in list_terms(taxonomy) if term.is_offered]


def term(taxonomy: Taxonomy, slug: str) -> TaxonomyTerm:
    db.session.expire_all()
    found = find_term(taxonomy, slug)
    assert found is not None
    return found


def test_the_lists_that_ship(ada: FlaskClient) -> None:
    assert len(names(Taxonomy.SOURCE)) == 14 and len(names(Taxonomy.REASON)) == 24
    for taxonomy in operations.EDITED:
        assert all(one.plain_name for one in list_terms(taxonomy) if one.slug != "end-of-life"), taxonomy
    page = text(ada, "/admin/vocabularies/reason")
    assert "Why a connection did not happen" in page and "Why support ended" in page
    assert {one.icon for one in list_terms(Taxonomy.NEED)} <= set(operations.ICONS)


def test_a_need_that_is_added_is_offered_at_once(ada: FlaskClient, client: FlaskClient) -> None:
    assert find(SearchRequest()).total == 1
    assert ada.post("/admin/vocabularies/need/new", data={**NEED, "on_start_page": "y"}).status_code == 303
    assert names(Taxonomy.NEED)[-1] == "pets-and-their-people"
    assert "My dog" in text(client, "/") and "My dog" in text(client, "/needs")
    assert [one.text for one in suggest("my dog")] == ["My dog"]
    assert "My dog" in text(client, "/services?need=pets-and-their-people")
    assert len(audited("need:add")) == 1


def test_new_words_are_found_at_once_and_old_ones_no_longer(ada: FlaskClient) -> None:
    assert find(SearchRequest(q="lonely")).total == 1
    need = term(Taxonomy.NEED, "loneliness")
    values = {"name": "Zebra", "plain_name": "Zebras", "description": "", "icon": "cup", "version": str(need.version)}
    assert ada.post("/admin/vocabularies/need/loneliness", data=values).status_code == 303
    assert find(SearchRequest(q="zebra")).total == 1
    assert find(SearchRequest(q="lonely")).total == 0
    assert find(SearchRequest(needs=("loneliness",))).total == 1
    assert engine().settle() and not engine().difference()
    [row] = audited("need:change")
    assert "Zebra" in row and "Meeting people and loneliness" in row


def test_a_need_that_is_retired_stays_readable_and_is_not_offered(ada: FlaskClient, client: FlaskClient) -> None:
    page = text(ada, "/admin/vocabularies/need")
    assert "Feeling lonely" in page and "1 service<" in page
    assert "Feeling lonely" in text(client, "/services")
    ada.post("/admin/vocabularies/need/loneliness/retire")
    assert "is offered no longer" in text(ada, "/admin/vocabularies/need")
    for path in ("/", "/needs", "/services"):
        assert "Feeling lonely" not in text(client, path), path
    assert suggest("lonely") == [] or all(one.text != "Feeling lonely" for one in suggest("lonely"))
    service = db.session.query(Service).one()
    assert [one.shown_as for one in service.terms_of(Taxonomy.NEED)] == ["Feeling lonely"]
    page = text(client, "/services?need=loneliness")
    assert "1 thing matches" in page and "Feeling lonely" in page
    assert "No longer offered" in text(ada, "/admin/vocabularies/need")
    nothing = "/services?q=warm&cost=free&age=3"
    assert "People also look under" not in text(client, nothing)
    ada.post("/admin/vocabularies/need/loneliness/offer")
    assert "Feeling lonely" in text(client, "/needs")
    assert "People also look under" in text(client, nothing)


def test_the_order_is_the_order_in_which_they_are_offered(ada: FlaskClient) -> None:
    before = names(Taxonomy.NEED)
    version = term(Taxonomy.NEED, before[1]).version
    ada.post(f"/admin/vocabularies/need/{before[1]}/up")
    assert names(Taxonomy.NEED)[:3] == [before[1], before[0], before[2]]
    assert term(Taxonomy.NEED, before[1]).version == version, "Moving is no change of words."
    ada.post(f"/admin/vocabularies/need/{before[1]}/up")
    ada.post(f"/admin/vocabularies/need/{before[1]}/down")
    assert names(Taxonomy.NEED) == before
    ada.post(f"/admin/vocabularies/need/{before[1]}/retire")
    ada.post(f"/admin/vocabularies/need/{before[2]}/up")
    assert names(Taxonomy.NEED)[:2] == [before[2], before[0]]


def test_a_reason_stands_under_its_heading(ada: FlaskClient) -> None:
    heading = term(Taxonomy.REASON, "ended")
    values = {"name": "Won the pools", "plain_name": "", "description": "", "version": "", "heading": str(heading.id)}
    assert ada.post("/admin/vocabularies/reason/new", data=values).status_code == 303
    assert term(Taxonomy.REASON, "won-the-pools").parent_id == heading.id
    page = ada.post("/admin/vocabularies/reason/new", data={**values, "name": "Other one", "heading": ""})
    assert "Choose what it is a reason for" in page.get_data(as_text=True)
    elsewhere = term(Taxonomy.NEED, "food")
    page = ada.post("/admin/vocabularies/reason/new", data={**values, "name": "X", "heading": str(elsewhere.id)})
    assert "Choose what it is a reason for" in page.get_data(as_text=True)
    response = ada.post("/admin/vocabularies/reason/ended/retire", follow_redirects=True)
    assert "This is a heading" in response.get_data(as_text=True)


def test_bad_words_are_shown_again(ada: FlaskClient) -> None:
    for values, words in (
        ({"name": ""}, "Enter a name"),
        ({"name": "FOOD"}, "in the list already"),
        ({"icon": "skull"}, "Choose a drawing from the list"),
        ({"name": "n" * 121}, "Use 120 letters or fewer"),
    ):
        page = ada.post("/admin/vocabularies/need/new", data={**NEED, **values}).get_data(as_text=True)
        assert words in page and 'value="My dog"' in page, values
    with pytest.raises(RefusedChangeError):
        operations.add_term(actor="test", taxonomy=Taxonomy.NEED, name="Skulls", icon="skull")


def test_two_editors_at_once(ada: FlaskClient) -> None:
    version = str(term(Taxonomy.SOURCE, "self").version)
    values = {"name": "First", "plain_name": "", "description": "", "version": version}
    ada.post("/admin/vocabularies/source/self", data=values)
    page = ada.post("/admin/vocabularies/source/self", data={**values, "name": "Second"}).get_data(as_text=True)
    assert "Somebody else changed this" in page and "First" in page and 'value="Second"' in page
    assert term(Taxonomy.SOURCE, "self").name == "First"
    version = str(term(Taxonomy.SOURCE, "self").version)
    assert f'type="hidden" value="{version}"' in page
    ada.post("/admin/vocabularies/source/self", data={**values, "name": "Second", "version": version})
    assert term(Taxonomy.SOURCE, "self").name == "Second"


def test_the_same_name_twice_gets_another_address(ada: FlaskClient) -> None:
    for name in ("Über uns", "uber-uns", "!!!", "???"):
        operations.add_term(actor="test", taxonomy=Taxonomy.SOURCE, name=name)
    assert names(Taxonomy.SOURCE)[-4:] == ["uber-uns", "uber-uns-2", "term", "term-2"]


def test_lists_that_are_not_theirs(ada: FlaskClient, client: FlaskClient, cast: Cast) -> None:
    for path in ("category", "access", "nothing", "need/no-such", "need/food/eat"):
        assert ada.get(f"/admin/vocabularies/{path}").status_code == 404
    other = term(Taxonomy.ACCESS, "lift")
    with pytest.raises(LookupError):
        operations.change_term(actor="test", term_id=other.id, expected=1, name="Ladder")
    for path in ("/admin/vocabularies", "/admin/vocabularies/need", "/admin/vocabularies/need/food"):
        assert sign_in(client, cast.mo).get(path).status_code == 404


def test_the_shipped_lists_are_loaded_once(ada: FlaskClient) -> None:
    assert load_vocabulary(actor="test") == 0
    ada.post("/admin/vocabularies/need/loneliness/retire")
    assert load_vocabulary(actor="test") == 0 and not term(Taxonomy.NEED, "loneliness").is_offered
