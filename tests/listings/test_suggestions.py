"""What people without an account tell us, and what moderators answer."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core.database import transaction
from portal.listings.models import Suggestion, SuggestionKind, SuggestionState
from portal.listings.operations.suggestions import settle_suggestion, suggest
from portal.listings.watch_jobs import forget_addresses
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, find, last_message, now_of
from tests.factories import make_service
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

WORDS = "They meet on Thursdays now. <b>{{ 7 * 7 }}</b>"


def newest() -> Suggestion:
    found = find(sa.select(Suggestion).order_by(Suggestion.made_at.desc()))
    assert isinstance(found, Suggestion)
    return found


def test_somebody_says_what_is_wrong_and_is_answered(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        service = make_service("Coffee", organisation=cast.group)
    assert "Tell us what is wrong" in client.get(f"/services/{service.id}").text
    address = f"/services/{service.id}/wrong"
    faulty = client.post(address, data={"text": "", "email": "no address"}).text
    for words in ("Choose one of the two", "Tell us what you know", "Enter an e-mail address in full"):
        assert words in faulty
    sent = client.post(address, data={"kind": "wrong", "text": WORDS, "email": "rita@example.org"})
    assert sent.status_code == 303
    assert "We ask the group first" not in client.get(sent.headers["Location"]).text
    assert "we ask the group first" in client.get(sent.headers["Location"]).text
    told = newest()
    assert find(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0

    sign_in(client, cast.mo)
    assert "Coffee" in client.get("/moderation/suggestions").text
    page = f"/moderation/suggestions/{told.id}"
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in client.get(page).text
    assert "Write an answer: they asked for one." in client.post(page, data={"act": "taken", "reply": ""}).text
    reply = "You are right.\n\nWe have changed it."
    assert client.post(page, data={"act": "taken", "reply": reply}).status_code == 303
    message = last_message()
    assert (message.address, message.wording) == ("rita@example.org", "suggestion-answered")
    assert "We have changed it." in str(message.body)
    assert WORDS not in str(message.body)
    settled = now_of(told)
    assert (settled.state, settled.email, settled.reply) == (SuggestionState.TAKEN, "", reply)
    assert acts(told.id) == ["suggestion:make", "suggestion:take"]
    assert "Somebody has settled this already" in client.post(page, data={"act": "put-aside", "reply": reply}).text
    assert "Coffee" in client.get("/moderation/suggestions?state=taken").text


def test_somebody_knows_another_one_and_leaves_no_address(client: FlaskClient, cast: Cast) -> None:
    assert client.post("/suggest/another", data={"text": "x" * 2001}).status_code == 200
    assert client.post("/suggest/another", data={"text": "Chess in the library"}).status_code == 303
    told = newest()
    sign_in(client, cast.mo)
    assert client.post(f"/moderation/suggestions/{told.id}", data={"act": "put-aside"}).status_code == 303
    assert now_of(told).state is SuggestionState.PUT_ASIDE
    assert find(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_a_flood_of_suggestions_is_stopped(client: FlaskClient, cast: Cast) -> None:
    answers = [client.post("/suggest/another", data={"text": f"Number {number}"}).status_code for number in range(11)]
    assert answers == [303] * 10 + [429]


@pytest.mark.parametrize("path", ["", "/queue", "/suggestions", "/duplicates", "/stopped"])
def test_pages_of_moderators_are_not_there_for_others(client: FlaskClient, cast: Cast, path: str) -> None:
    sign_in(client, cast.gus)
    assert client.get(f"/moderation{path}").status_code == 404


def test_what_was_settled_ninety_days_ago_is_erased(cast: Cast, clock: Traveller) -> None:
    """What waits is kept, however old it is; the audit knows that there was one, and no word of it."""
    told = [
        suggest(kind=SuggestionKind.ANOTHER, text=f"Ask {name}", email="rita@example.org", actor="public").id
        for name in ("Jo", "Al")
    ]
    settle_suggestion(suggestion_id=told[0], state=SuggestionState.TAKEN, reply="Thanks, Jo", actor=cast.mo.actor)
    clock.shift(dt.timedelta(days=89, hours=23))
    forget_addresses()
    assert find(sa.select(sa.func.count(Suggestion.id))) == 2
    clock.shift(dt.timedelta(hours=2))
    forget_addresses()
    assert newest().id == told[1]
    assert find(sa.select(sa.func.count(Suggestion.id))) == 1
    assert acts(told[0]) == ["suggestion:make", "suggestion:take", "suggestion:forget"]
