"""What there is to ask for on the walk: everybody of the cast has something of their own, and so has a colleague."""

import datetime as dt
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from portal.accounts.models import Invitation, KeptForm, Passkey, Team, User
from portal.accounts.operations.sessions import hash_of
from portal.accounts.queries.sessions import find_session
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import db, transaction
from portal.core.sealing import fingerprint_of_address
from portal.directory.models import Taxonomy
from portal.directory.models.dates import SchoolTerm
from portal.guides.models import Guide, GuideVersion
from portal.listings.content import Venue
from portal.listings.models import (
    CheckKind,
    Claim,
    ClaimState,
    GroupLead,
    ListingState,
    OrganisationCheck,
    Picture,
    Proof,
    Suggestion,
    SuggestionKind,
)
from portal.messages.inbound import Reply
from portal.messages.inbound.operations import take_in
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.search.words.models import CrisisPhrase, WordsPeopleUse
from tests.factories import make_area, make_location, make_organisation, make_service, make_term, weekly
from tests.factories.accounts import Cast, make_cast, make_member, make_user
from tests.factories.listings import make_content, make_listing
from tests.signing_in import session_cookie

NOBODY = "nobody"
OWN, COLLEAGUE, OTHER, MISSING, THERE, MIXED = (
    "own", "colleague’s", "other team’s", "missing", "there", "own in another’s",
)  # fmt: skip
ABOUT_PEOPLE = {"user_id", "team_id", "membership_id", "invitation_id", "session_id", "form_id"}
# What belongs to a group, at the addresses of its editors; moderators name the same things as they name any other.
OF_GROUPS = {"organisation_id", "listing_id", "editor_id", "invited_id"}
EDITORS_OF_GROUPS = {"groups.group", "groups.change_group", "groups.invite_editor", "groups.take_lead", "groups.leave"}
# Words of a fixed list: an address with another one is no route at all.
ALWAYS_THERE = {"name", "act"}
SQUARE = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]
NO_SUCH_ID = uuid.UUID(int=7)


@dataclass
class World:
    """Everybody and what they have, by ids. `things` are what belongs to nobody, by the name in the address."""

    people: dict[str, uuid.UUID] = field(default_factory=dict)
    colleagues: dict[str, uuid.UUID] = field(default_factory=dict)
    teams: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    memberships: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    sessions: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    forms: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    passkeys: dict[uuid.UUID, int] = field(default_factory=dict)
    invitations: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    groups: dict[uuid.UUID, dict[str, uuid.UUID]] = field(default_factory=dict)

    def kinds_of(self, rule: Rule) -> tuple[str, ...]:
        """Return whose objects are asked for at an address."""
        if _is_of_a_group(rule):
            return (OWN, COLLEAGUE, OTHER, MISSING)
        if rule.endpoint == "security.remove_passkey" or rule.arguments & ABOUT_PEOPLE:
            pairs = len(rule.arguments & ABOUT_PEOPLE) > 1
            return (OWN, COLLEAGUE, OTHER, MISSING, *([MIXED] if pairs else []))
        if rule.arguments <= ALWAYS_THERE:
            return (THERE,) if rule.arguments else ("–",)
        return (THERE, MISSING)

    def path_of(self, app: Flask, rule: Rule, whose: str, name: str) -> str | None:
        """Return an address for one person and one kind of object, or None when there is no such object."""
        values = {argument: self._value(rule, argument, whose, name) for argument in rule.arguments}
        if any(value is None for value in values.values()):
            return None
        with app.test_request_context():
            return app.url_for(rule.endpoint, **values)

    def _value(self, rule: Rule, argument: str, whose: str, name: str) -> Any:
        if argument == "number" and rule.endpoint == "security.remove_passkey":
            owner = self._owner(whose, name)
            return 999_999 if whose == MISSING else self.passkeys[owner] if owner else None
        if _is_of_a_group(rule) and argument in OF_GROUPS:
            owner = self._owner("another group’s" if whose == OTHER else whose, name)
            return NO_SUCH_ID if whose == MISSING else self.groups.get(owner or NO_SUCH_ID, {}).get(argument)
        if argument not in ABOUT_PEOPLE:
            return self._thing(rule, argument, whose)
        if whose == MISSING:
            return NO_SUCH_ID
        if whose == MIXED:
            # The address names what is one's own first, and then something of somebody else within it.
            whose = OWN if argument in {"team_id", "user_id"} else OTHER
        owner = self._owner(whose, name)
        if owner is None:
            return None
        if argument == "user_id":
            return owner
        # What a colleague sees of the team is the team itself.
        team = self.teams.get(owner)
        if argument == "team_id":
            return team
        if argument == "invitation_id":
            return self.invitations.get(team) if team else None
        if argument == "membership_id" and "team_id" in rule.arguments and team is None:
            return None
        return {"session_id": self.sessions, "form_id": self.forms, "membership_id": self.memberships}[argument].get(
            owner
        )

    def _thing(self, rule: Rule, argument: str, whose: str) -> Any:
        """Return something that belongs to nobody: as it is there, or as there is none."""
        if argument in ALWAYS_THERE:
            return _first_of(rule, argument)
        known = self.things.get(f"{rule.endpoint}:{argument}") or self.things[argument]
        return known[1] if whose == MISSING else known[0]

    def _owner(self, whose: str, name: str) -> uuid.UUID | None:
        if whose == OWN:
            return self.people.get(name)
        if whose == COLLEAGUE:
            return self.colleagues.get(name)
        if whose == OTHER:
            return self.people["lena" if name == "omar" else "omar"]
        stranger: uuid.UUID = self.things["stranger"]
        return stranger


def _is_of_a_group(rule: Rule) -> bool:
    """Say whether an address of a group's editors names something of that group."""
    return rule.endpoint.startswith(("listings.", "groups.")) and bool(
        rule.arguments & (OF_GROUPS - {"organisation_id"}) or rule.endpoint in EDITORS_OF_GROUPS
    )


def _first_of(rule: Rule, argument: str) -> str:
    """Return the first word of the list that a route takes, such as `<any('up', 'down'):act>`."""
    listed = re.search(rf"<any\('([^']+)'[^>]*\):{argument}>", rule.rule)
    return listed[1] if listed else "switch-off"


def _colleagues(cast: Cast) -> dict[str, User]:
    """Add somebody beside everybody of the cast, in the same place."""
    lola = make_member(Role.LINK_WORKER, cast.central, name="Lola Lund")
    beside = {
        "gus": make_member(Role.GROUP_EDITOR, organisation=cast.group, name="Gwen Gale"),
        "mo": make_member(Role.MODERATOR, name="Mia Moss"),
        "gita": make_member(Role.REFERRER, organisation=cast.practice, name="Gil Gray"),
        "lena": lola,
        "tara": lola,
        "omar": make_member(Role.LINK_WORKER, cast.north, name="Nina North"),
        "sam": make_member(Role.SAFEGUARDING_LEAD, name="Sue Stead"),
        "cora": make_member(Role.COMMISSIONER, name="Col Croft"),
        "eve": make_member(Role.EVALUATOR, name="Ed East"),
        "ada": make_member(Role.ADMINISTRATOR, name="Abe Adler"),
    }
    return {name: beside.get(name) or make_user(f"Beside {name.title()}") for name in cast.everybody}


def _invitation(team: Team, token: str) -> Invitation:
    address = f"new-in-{team.name.lower()}@example.org"
    made = Invitation(
        email=address,
        email_fingerprint=fingerprint_of_address(address),
        name="Somebody New",
        role=Role.LINK_WORKER,
        team_id=team.id,
        token_hash=hash_of(token),
        invited_by="test",
        expires_at=clock.now().replace(day=25),
    )
    db.session.add(made)
    return made


def _listings(session: Any, world: World, cast: Cast, colleague: User) -> dict[str, Any]:
    """Add what the editors of two groups keep, and what moderators find; return what belongs to nobody."""
    stranger = make_member(Role.GROUP_EDITOR, organisation=make_organisation("Another Group"), name="Ann Other")
    beside = make_member(Role.GROUP_EDITOR, organisation=stranger.memberships[0].organisation, name="Abby Other")
    session.flush()
    for user, other in ((cast.gus, colleague), (colleague, colleague), (stranger, beside)):
        organisation = user.memberships[0].organisation
        assert organisation is not None
        venue = Venue(id=uuid.UUID(int=5), name="Hall", postcode="SE13 6LG")
        listing = make_listing(organisation, make_content(venues=(venue,)))
        invited = Invitation(
            email="editor@example.org", email_fingerprint=fingerprint_of_address("editor@example.org"), name="New",
            role=Role.GROUP_EDITOR, organisation_id=organisation.id, token_hash=hash_of(str(user.id)),
            invited_by="test", expires_at=clock.now().replace(day=25),
        )  # fmt: skip
        session.add(invited)
        session.flush()
        world.groups[user.id] = {
            "organisation_id": organisation.id,
            "listing_id": listing.id,
            "editor_id": other.memberships[0].id,
            "invited_id": invited.id,
        }
    session.add_all(
        GroupLead(organisation_id=user.memberships[0].organisation_id, user_id=user.id) for user in (cast.gus, stranger)
    )
    waiting = make_listing(cast.group, state=ListingState.WAITING)
    claim = Claim(organisation_id=cast.practice.id, user_id=cast.pat.id, proof=Proof.MODERATOR)
    claim.state = ClaimState.CHECKING
    said = Suggestion(kind=SuggestionKind.CLOSED, service_id=waiting.service_id, text="It has closed.")
    check = OrganisationCheck(
        organisation_id=cast.group.id, kind=CheckKind.INSURANCE, seen_on=clock.today(), seen_by=cast.mo.actor
    )
    guide = Guide(
        slug="staying-warm", title="Staying warm", summary="Keep one room warm.", text="Ring.",
        review_on=clock.today(), published_at=clock.now(),
    )  # fmt: skip
    picture = Picture(
        listing_id=waiting.id, body=b"x", media_type="image/png", width=1, height=1, added_by=cast.gus.actor
    )
    said_by_people = WordsPeopleUse(said="skint", folded="skint", phrases=["debt"])
    of_crisis = CrisisPhrase(said="cannot bear it", folded="cannot bear it")
    session.add_all([claim, said, check, guide, picture, said_by_people, of_crisis])
    session.flush()
    session.add(GuideVersion(guide_id=guide.id, number=1, title="x", summary="x", text="x", by="test"))
    found = {
        "stranger": stranger.id,
        "listing_id": (waiting.id, NO_SUCH_ID),
        "claim_id": (claim.id, NO_SUCH_ID),
        "suggestion_id": (said.id, NO_SUCH_ID),
        "check_id": (check.id, NO_SUCH_ID),
        "picture_id": (picture.id, NO_SUCH_ID),
        "venue_id": (uuid.UUID(int=5), NO_SUCH_ID),
        "words_id": (said_by_people.id, NO_SUCH_ID),
        "phrase_id": (of_crisis.id, NO_SUCH_ID),
        "one_id": (waiting.service_id, NO_SUCH_ID),
        "other_id": (world.groups[stranger.id]["listing_id"], NO_SUCH_ID),
        **{
            f"{endpoint}:slug": ("staying-warm", "no-such-guide")
            for endpoint in (
                "guides.guide",
                "guides.show_or_withdraw",
                "guides.version",
                "guides.restore",
                "search.guide",
            )
        },
    }
    session.flush()
    return found


def make_world(app: Flask) -> World:
    """Fill a clean database with everybody, and with something of everything that an address can name."""
    world = World()
    with app.app_context():
        with transaction() as session:
            cast = make_cast()
            colleagues = _colleagues(cast)
            session.flush()
            world.people = {name: user.id for name, user in cast.everybody.items()}
            world.colleagues = {name: user.id for name, user in colleagues.items()}
            everybody = list(dict.fromkeys([*cast.everybody.values(), *colleagues.values()]))
            for number, user in enumerate(everybody, start=1):
                _give_things(session, world, user, number)
            for team in (cast.central, cast.north):
                invitation = _invitation(team, f"link-to-{team.name}")
                session.flush()
                world.invitations[team.id] = invitation.id
            world.things = _things(session) | _listings(session, world, cast, colleagues["gus"])
        for user in everybody:
            _, token = session_cookie(app, user)
            world.sessions[user.id] = hash_of(token)  # type: ignore[assignment]
        rows = {user_id: find_session(str(hashed)) for user_id, hashed in world.sessions.items()}
        world.sessions = {user_id: row.id for user_id, row in rows.items() if row is not None}
    return world


def _give_things(session: Any, world: World, user: User, number: int) -> None:
    """Give a user a form that was kept and a passkey, and note their team and their role."""
    form = KeptForm(user_id=user.id, path="/account/password", fields=[["password", "typed"]])
    passkey = Passkey(
        id=number, user_id=user.id, credential_id=user.id.bytes, public_key=b"key", device_type="single_device",
        name="My phone", usage="first",
    )  # fmt: skip
    session.add_all([form, passkey])
    session.flush()
    world.forms[user.id], world.passkeys[user.id] = form.id, number
    for held in user.memberships:
        world.memberships[user.id] = held.id
        if held.team_id is not None:
            world.teams[user.id] = held.team_id


def _things(session: Any) -> dict[str, Any]:
    """Add something of everything that belongs to nobody; by its name in an address: one that is there, and one not."""
    make_area("north", SQUARE)
    make_term(Taxonomy.CATEGORY, "food")
    make_term(Taxonomy.NEED, "company")
    service = make_service(
        name="Lunch club", organisation=make_organisation("Kitchen"), venues=[(make_location(), [weekly("MO")])]
    )
    term = SchoolTerm(name="Autumn", first_day=dt.date(2026, 9, 1), last_day=dt.date(2026, 12, 18))
    session.add(term)
    session.flush()
    sent = queue(
        session,
        wording="invitation",
        to=Recipient(Channel.EMAIL, "somebody@example.org"),
        values={
            **dict.fromkeys(("name", "inviter", "what_for", "ends"), "something"),
            "link": "http://localhost/invitation/x",
        },
        actor="test",
    )
    heard = Reply(channel=Channel.EMAIL, provider_id="1", sender="somebody@example.org", text="Yes")
    reply = take_in(session, reply=heard, actor="test")
    assert reply is not None
    session.flush()
    return {
        "service_id": (service.id, NO_SUCH_ID),
        "organisation_id": (service.organisation_id, NO_SUCH_ID),
        "number": (1, 9_999),
        "search.pin_card:number": (1, 999_999),
        "search.area:slug": ("north", "nowhere"),
        "search.category:slug": ("food", "nothing"),
        "message_id": (sent.id, NO_SUCH_ID),
        "reply_id": (reply.id, NO_SUCH_ID),
        "admin.wording:key": ("invitation", "no-such-wording"),
        "admin.reset_wording:key": ("invitation", "no-such-wording"),
        "term_id": (term.id, NO_SUCH_ID),
        "admin.vocabulary_term:slug": ("company", "no-such-need"),
        "admin.change_vocabulary:slug": ("company", "no-such-need"),
        "key": ("samaritans", "no-such-key"),
        "day": ("2026-12-25", "2026-12-24"),
        "admin.statement_version:number": (0, 99),
        "admin.restore_statement:number": (0, 99),
        # Flask-Security’s tokens and those of lists are tried with good ones in their own tests.
        "token": (None, "no-such-link"),
        "invitations.invitation:token": ("link-to-Central", "no-such-link"),
        "invitations.accept_with_new_account:token": ("link-to-Central", "no-such-link"),
        "invitations.accept:token": ("link-to-Central", "no-such-link"),
    }
