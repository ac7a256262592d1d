"""Users and the keys they sign in with."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_security import UserMixin, WebAuthnMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.accounts.roles import EVERYBODY, GRANTS, STAFF, Role
from portal.core import clock
from portal.core.access import Permission
from portal.core.database import Base, Edited, Identified, UtcDateTime
from portal.core.sealing import Sealed, SealedJson, fingerprint_of_address

if TYPE_CHECKING:
    from portal.accounts.models.membership import Membership


# Flask-Security says only for type checkers that an id is a number; here it is a UUID.
class User(Identified, Edited, UserMixin, Base):  # type: ignore[misc]
    """Somebody who signs in. Name and address stand sealed; the address is found by its fingerprint."""

    __tablename__ = "user_account"

    version: Mapped[int] = mapped_column(default=1)
    email: Mapped[str] = mapped_column(Sealed)
    email_fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(Sealed)
    password: Mapped[str | None] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True, default=lambda: uuid.uuid4().hex)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(sa.String(64), unique=True)  # type: ignore[assignment]
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(Sealed)
    tf_phone_number: Mapped[str | None] = mapped_column(sa.String(128))
    # The last time step whose code was accepted: a code opens once only (RFC 6238, section 5.2).
    tf_last_counter: Mapped[int | None] = mapped_column(sa.BigInteger)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(SealedJson)

    webauthn: Mapped[list["Passkey"]] = relationship(  # type: ignore[assignment]
        back_populates="user", cascade="all, delete-orphan", order_by="Passkey.create_datetime"
    )
    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="user", order_by="Membership.begun_at", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}

    @validates("email")
    def _address_is_found(self, _key: str, address: str) -> str:
        """Keep the fingerprint, by which an address is found, in step with the address."""
        self.email_fingerprint = fingerprint_of_address(address)
        return address

    @property
    def actor(self) -> str:
        """How the audit and operations name this user: by id only."""
        return f"user:{self.id}"

    @property
    def current_memberships(self) -> list["Membership"]:
        """The memberships that have not ended."""
        return [membership for membership in self.memberships if membership.is_current]

    @property
    def current_roles(self) -> frozenset[Role]:
        """The roles that the current memberships give."""
        return frozenset(membership.role for membership in self.current_memberships)

    @property
    def is_staff(self) -> bool:
        """Whether a second factor and the short session hold for this user."""
        return bool(self.current_roles & STAFF)

    @property
    def has_second_factor(self) -> bool:
        """Whether an authenticator app or a passkey is set up."""
        return bool(self.tf_totp_secret and self.tf_primary_method) or bool(self.webauthn)

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], _tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Ask for the second step whenever one is set up. Staff without one are led to it by the gate."""
        return bool(tf_setup_methods), tf_setup_methods

    def may(self, permission: Permission) -> bool:
        """Say whether a current role of this user holds a permission."""
        return permission in EVERYBODY or any(permission in GRANTS[role] for role in self.current_roles)


class Passkey(WebAuthnMixin, Base):
    """A passkey or security key of a user (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(sa.JSON)
    backup_state: Mapped[bool] = mapped_column(default=False)
    device_type: Mapped[str] = mapped_column(sa.String(64))
    extensions: Mapped[str | None] = mapped_column(sa.String(255))
    create_datetime: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    lastuse_datetime: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    name: Mapped[str] = mapped_column(sa.String(64))
    usage: Mapped[str] = mapped_column(sa.String(64))

    user: Mapped[User] = relationship(back_populates="webauthn")


class OutsideIdentity(Identified, Base):
    """The name by which an organisation's own sign-in (OpenID Connect) knows a user."""

    __tablename__ = "outside_identity"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject_fingerprint"),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(sa.String(300))
    subject_fingerprint: Mapped[str] = mapped_column(sa.String(64))
    linked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
