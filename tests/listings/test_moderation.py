"""The queue of moderators, and what becomes of a listing in their hands."""

import dataclasses
import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal.core.database import db, transaction
from portal.core.editing import ChangedMeanwhileError
from portal.directory.models import Service, ServiceStatus
from portal.listings.content import content_of, to_json
from portal.listings.models import Listing, ListingState, ListingVersion, Shown, Watch
from portal.listings.operations import moderation as operations
from portal.listings.operations.drafts import save_content, submit
from portal.listings.queries.moderation import find_published, is_sampled, list_to_look_at, list_waiting
from portal.messages.models import OutboxMessage
from tests.accounts.reading import find, last_message, look, now_of
from tests.factories import make_organisation, make_service
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }}"


def waiting(cast: Cast, **changes: object) -> Listing:
    """Store a listing of Gus's group that has never been published, and send it in."""
    with transaction():
        listing = make_listing(cast.group, make_content(**changes), ListingState.DRAFT, Shown.NOT_YET)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    return now_of(listing)


def published(cast: Cast) -> Listing:
    listing = waiting(cast)
    operations.approve(listing_id=listing.id, expected=listing.version, actor=cast.mo.actor)
    return now_of(listing)


def history(listing: Listing) -> list[tuple[str, str, str]]:
    with look() as session:
        rows = session.scalars(
            sa.select(ListingVersion).where(ListingVersion.listing_id == listing.id).order_by(ListingVersion.number)
        )
        return [(row.act, row.by, row.why) for row in rows]


def status_of(service_id: uuid.UUID) -> ServiceStatus:
    found = find(sa.select(Service.status).where(Service.id == service_id))
    assert isinstance(found, ServiceStatus)
    return found


def messages(wording: str) -> list[OutboxMessage]:
    with look() as session:
        return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == wording)))


def test_the_queue_is_oldest_first_and_approving_publishes(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    older = waiting(cast, name="Older")
    clock.shift(dt.timedelta(days=2))
    newer = waiting(cast, name=f"Newer {HOSTILE}")
    assert [one.listing.id for one in list_waiting()] == [older.id, newer.id]
    db.session.rollback()
    sign_in(client, cast.mo)
    queue = client.get("/moderation/queue").text
    assert "waits for 2 days" in queue
    assert "waits since today" in queue
    assert "sent in by Gus Green" in queue
    page = client.get(f"/moderation/listings/{newer.id}").text
    assert "All of it is new" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in page
    assert "<script>alert" not in page
    assert "Every Monday, 10.30am to 12 noon" in page
    address = f"/moderation/listings/{older.id}/approve"
    for _press in range(2):
        assert client.post(address, data={"version": older.version}).status_code == 303
    assert client.get(f"/services/{older.service_id}").status_code == 200
    assert [message.address for message in messages("listing-approved")] == ["gus@example.org"]
    assert [act for act, _by, _why in history(older)] == ["made", "sent in", "published"]


def test_what_changed_is_shown_field_by_field(client: FlaskClient, cast: Cast) -> None:
    listing = published(cast)
    content = dataclasses.replace(content_of(listing.content), name="Warm Welcome Evenings", how_to_join="")
    save_content(listing_id=listing.id, expected=listing.version, content=content, actor=cast.gus.actor)
    sign_in(client, cast.mo)
    page = client.get(f"/moderation/listings/{listing.id}").text
    assert "1 thing has changed" in page
    shown = " ".join(page.split())
    assert shown.index("Warm Welcome Mornings</span>") < shown.index("The group wants:")
    assert "A warm room and someone to talk to." in page[page.index("The rest stays as it is") :]


def test_the_group_that_goes_on_writing_is_not_published_unseen(client: FlaskClient, cast: Cast) -> None:
    listing = waiting(cast)
    content = dataclasses.replace(content_of(listing.content), name="Something else")
    save_content(listing_id=listing.id, expected=listing.version, content=content, actor=cast.gus.actor)
    with pytest.raises(ChangedMeanwhileError):
        operations.approve(listing_id=listing.id, expected=listing.version, actor=cast.mo.actor)
    sign_in(client, cast.mo)
    version = {"version": listing.version}
    client.post(f"/moderation/listings/{listing.id}/approve", data=version)
    assert "The group has changed this since you opened it" in client.get(f"/moderation/listings/{listing.id}").text
    typed = {**version, "reason": "Say on which days"}
    page = client.post(f"/moderation/listings/{listing.id}/return", data=typed).text
    assert "The group has changed this while you were typing" in page
    assert "Say on which days" in page
    edit = {**version, "name": "My name", "summary": "S", "description": "", "why": "Because"}
    page = client.post(f"/moderation/listings/{listing.id}/edit", data=edit).text
    assert "Something else" in page
    assert "My name" in page
    assert now_of(listing).state is ListingState.DRAFT


def test_returning_tells_the_group_why(client: FlaskClient, cast: Cast) -> None:
    listing = waiting(cast)
    sign_in(client, cast.mo)
    address = f"/moderation/listings/{listing.id}/return"
    assert "Say what the group should change" in client.post(address, data={"version": listing.version}).text
    reason = "Please say on which days.\n\nAnd a number."
    assert client.post(address, data={"version": listing.version, "reason": reason}).status_code == 303
    now = now_of(listing)
    assert (now.state, now.return_reason) == (ListingState.RETURNED, reason)
    assert "And a number." in str(last_message().body)
    assert history(listing)[-1] == ("returned", cast.mo.actor, reason)
    submit(listing_id=listing.id, expected=now.version, actor=cast.gus.actor)
    assert now_of(listing).state is ListingState.WAITING


def test_a_moderator_changes_words_and_goes_back_to_a_version(client: FlaskClient, cast: Cast) -> None:
    listing = published(cast)
    sign_in(client, cast.mo)
    edit = {"version": listing.version, "name": "Warm Room", "summary": "Warm.", "description": "D", "why": "Shorter"}
    assert client.post(f"/moderation/listings/{listing.id}/edit", data=edit).status_code == 303
    assert "Warm Room" in client.get(f"/services/{listing.service_id}").text
    assert "Shorter" in str(messages("listing-edited")[0].body)
    page = client.get(f"/moderation/listings/{listing.id}/history").text
    for words in ("3: published", "4: edited", "by Mo Malik", "Shorter"):
        assert words in page
    address = f"/moderation/listings/{listing.id}/history/3"
    assert "Warm Welcome Mornings" in client.get(address).text
    again = {"version": now_of(listing).version, "why": "The old name was right"}
    assert client.post(address, data=again).status_code == 303
    assert "Warm Welcome Mornings" in client.get(f"/services/{listing.service_id}").text
    assert client.get(f"/moderation/listings/{listing.id}/history/99").status_code == 404


def test_take_down_now_tells_everybody_and_is_taken_back(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = published(cast)
    told: list[tuple[uuid.UUID, str]] = []
    hook = lambda _session, service_id, actor: told.append((service_id, actor))  # noqa: E731
    monkeypatch.setattr(operations, "TOLD_WHEN_TAKEN_DOWN", [hook])
    with transaction() as session:
        watch = Watch(service_id=listing.service_id, email="rita@example.org", email_fingerprint="rita")
        watch.token_hash = watch.stop_hash = "x"
        watch.confirmed_at = listing.updated_at
        session.add(watch)
    sign_in(client, cast.gus)
    assert "Take down now" not in client.get(f"/services/{listing.service_id}").text
    stop = f"/moderation/services/{listing.service_id}/stop"
    assert client.post(stop, data={"reason": "x"}).status_code == 404
    sign_in(client, cast.mo)
    assert "Take down now" in client.get(f"/services/{listing.service_id}").text
    assert "Say why" in client.post(stop, data={"reason": ""}).text
    for _press in range(2):
        assert client.post(stop, data={"reason": "The hall is locked"}).status_code == 303
    assert client.get(f"/services/{listing.service_id}").status_code == 404
    assert told == [(listing.service_id, cast.mo.actor)]
    assert [message.address for message in messages("watch-closed")] == ["rita@example.org"]
    assert ["The hall is locked" in str(message.body) for message in messages("listing-stopped")] == [True]
    assert history(listing)[-1] == ("stopped", cast.mo.actor, "The hall is locked")
    assert "The hall is locked" in client.get("/moderation/stopped").text
    # What the group writes meanwhile waits; it does not bring it back.
    content = dataclasses.replace(content_of(listing.content), name="New name")
    save_content(listing_id=listing.id, expected=now_of(listing).version, content=content, actor=cast.gus.actor)
    submit(listing_id=listing.id, expected=now_of(listing).version, actor=cast.gus.actor)
    assert now_of(listing).state is ListingState.WAITING
    assert client.post(f"/moderation/listings/{listing.id}/allow").status_code == 303
    assert client.get(f"/services/{listing.service_id}").status_code == 200
    assert len(messages("listing-allowed")) == 1


def test_what_no_group_keeps_is_taken_down_too(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        group = make_organisation("Imported", email="group@example.org")
        service = make_service("From a file", organisation=group)
    listing = operations.take_down_now(service_id=service.id, reason="Locked", actor=cast.mo.actor)
    assert status_of(service.id) is ServiceStatus.INACTIVE
    assert find(sa.select(Service.is_kept_by_group).where(Service.id == service.id)) is True
    assert [message.address for message in messages("listing-stopped")] == ["group@example.org"]
    operations.allow_again(listing_id=listing.id, actor=cast.mo.actor)
    assert status_of(service.id) is ServiceStatus.ACTIVE
    assert find(sa.select(Service.is_kept_by_group).where(Service.id == service.id)) is False
    sign_in(client, cast.mo)
    assert client.post(f"/moderation/services/{uuid.uuid4()}/stop", data={"reason": "x"}).status_code == 404


def test_one_in_ten_of_what_known_groups_publish_is_looked_at(database: SQLAlchemy, cast: Cast) -> None:
    listing = published(cast)
    picked = [key for key in (uuid.UUID(int=number) for number in range(2000)) if is_sampled(key)]
    assert 150 < len(picked) < 260
    assert list_to_look_at() == []
    with transaction() as session:
        row = session.get_one(Listing, listing.id)
        row.submitted_by = cast.gus.actor
        for number, key in ((10, uuid.UUID(int=1)), (11, picked[0])):
            assert is_sampled(key) is (number == 11)
            session.add(
                ListingVersion(
                    id=key, listing_id=listing.id, number=number, act="published", from_state=ListingState.DRAFT,
                    to_state=ListingState.PUBLISHED, shown=Shown.SHOWN, content=to_json(make_content()),
                    by=cast.gus.actor,
                )
            )  # fmt: skip
    assert [version.number for version in list_to_look_at()] == [11]
    operations.note_looked_at(listing_id=listing.id, actor=cast.mo.actor)
    assert list_to_look_at() == []
    newest = find_published(listing.id)
    assert newest is not None
    assert newest.act == "looked at"
    db.session.rollback()


@pytest.mark.parametrize("path", ["", "/history", "/history/1", "/edit", "/return"])
def test_a_listing_is_not_there_for_others(client: FlaskClient, cast: Cast, path: str) -> None:
    listing = waiting(cast)
    for who in (cast.gus, cast.ada):
        sign_in(client, who)
        assert client.get(f"/moderation/listings/{listing.id}{path}").status_code == 404
    sign_in(client, cast.mo)
    assert client.get(f"/moderation/listings/{listing.id}{path}").status_code == 200
    assert client.get(f"/moderation/listings/{uuid.uuid4()}{path}").status_code == 404
