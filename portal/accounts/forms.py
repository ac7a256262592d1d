"""Forms of users, teams and invitations."""

import uuid
from collections.abc import Iterable, Sequence

from wtforms import HiddenField, PasswordField, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from portal.accounts.models import Team
from portal.accounts.roles import SCOPE_OF, Role, Scope
from portal.core.editing import RefusedChangeError
from portal.core.forms import Fault, Form, address_field, line_field, told
from portal.directory.models import Organisation
from portal.geo.models import Area

NOTHING = ("", "Choose one if needed")


def read_id(text: object) -> uuid.UUID | None:
    """Return the id that stands in a field, or None for anything else."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


class RefusableForm(Form):
    """A form whose change can still be refused once all its fields are well made."""

    def refuse(self, error: RefusedChangeError) -> None:
        """Show what an operation refused, at its field or at the top of the page."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]

    def faults(self) -> Sequence[Fault]:
        """Return what is wrong: with the whole first, then in the order of the fields."""
        return [*(Fault("main", message) for message in self.form_errors), *super().faults()]


class _Invitee(RefusableForm):
    name = line_field("Their name", missing="Enter the name of whom you invite")
    email = address_field("Their e-mail address", missing="Enter the e-mail address of whom you invite")


class RoleForm(RefusableForm):
    """A role, and the team or the organisation that it is for."""

    role = SelectField("Role", validate_choice=False, validators=[told("Choose a role")])
    team = SelectField("Team, for link workers and team leads", validate_choice=False)
    organisation = SelectField("Organisation, for group editors and referrers", validate_choice=False)

    def offer(self, roles: Iterable[Role], teams: Iterable[Team], organisations: Iterable[Organisation]) -> None:
        """Set what there is to choose from."""
        offered = frozenset(roles)
        self.role.choices = [("", "Choose a role"), *((role.value, role.value) for role in Role if role in offered)]
        self.team.choices = [NOTHING, *((str(team.id), team.name) for team in teams)]
        self.organisation.choices = [NOTHING, *((str(group.id), group.name) for group in organisations)]

    def validate_role(self, field: SelectField) -> None:
        """Refuse a role that was not offered."""
        if field.data not in {value for value, *_words in field.iter_choices()}:
            raise ValidationError("Choose a role from the list")

    @property
    def chosen(self) -> Role:
        """The role."""
        return Role(self.role.data)

    @property
    def team_id(self) -> uuid.UUID | None:
        """The team, where the role belongs to one."""
        return read_id(self.team.data) if SCOPE_OF[self.chosen] is Scope.TEAM else None

    @property
    def organisation_id(self) -> uuid.UUID | None:
        """The organisation, where the role belongs to one."""
        return read_id(self.organisation.data) if SCOPE_OF[self.chosen] is Scope.ORGANISATION else None


class TeamInvitationForm(_Invitee):
    """Whom a team lead invites; to what is plain."""


class InvitationForm(_Invitee, RoleForm):
    """Whom an administrator invites, and to what."""


class TeamForm(RefusableForm):
    """A team's name and its areas. `version` is the counter that was read with them."""

    version = HiddenField()
    name = line_field("Name of the team", missing="Enter a name for the team")
    areas = SelectMultipleField("Areas that the team works in", validate_choice=False)

    def offer(self, areas: Iterable[Area]) -> None:
        """Set the areas that there are."""
        self.areas.choices = [(str(area.id), area.name) for area in areas]

    @property
    def area_ids(self) -> list[uuid.UUID]:
        """The areas that are ticked."""
        return [found for text in self.areas.data or [] if (found := read_id(text)) is not None]

    @property
    def read_version(self) -> int:
        """The counter, or 0, which no team ever has, when it was tampered with."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class NewAccountForm(RefusableForm):
    """The name and the password of somebody who accepts an invitation."""

    name = line_field("Your name", missing="Enter your name")
    password = PasswordField("Choose a password", validators=[told("Choose a password")])
