"""The forms of an upload: the file, and the table that waits in the page itself until somebody takes its changes.

Nothing of an upload is stored before it is taken. The page holds it packed and signed, for the one who sent it and for
a day, so that nobody can change it on the way.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import BooleanField, HiddenField, SelectField

from portal.accounts.forms import RefusableForm
from portal.core.settings import Settings
from portal.directory.models import Organisation
from portal.listings.sheets import Line, Sheet

# What fits into a field of a page beside everything else, and still goes through on a slow line.
MOST_PACKED = 300_000
DAY_IN_SECONDS = 24 * 60 * 60
_SALT = "listings-upload"


class UploadForm(RefusableForm):
    """The file, and for which group new listings are."""

    file = FileField("The file")
    group = SelectField("Which group are new listings for?", validate_choice=False)

    def offer(self, groups: list[Organisation]) -> None:
        """Set the groups to choose from."""
        self.group.choices = [(str(group.id), group.name) for group in groups]


class WaitingForm(RefusableForm):
    """The table that waits, and whether what is whole is sent in at once."""

    waiting = HiddenField()
    sends = BooleanField("Publish them too, where nothing is missing")


@dataclass(frozen=True)
class Waiting:
    """A table between its preview and its taking: its own id, the group, and the versions it was compared with."""

    id: uuid.UUID
    organisation_id: uuid.UUID
    sheet: Sheet
    versions: Mapping[uuid.UUID, int]


def pack(waiting: Waiting, *, user_id: uuid.UUID, chosen: Settings) -> str:
    """Return a waiting table as text for a hidden field, "" when it is too large for one."""
    packed = _signer(chosen).dumps(
        {
            "user": str(user_id),
            "id": waiting.id.hex,
            "group": str(waiting.organisation_id),
            "header": list(waiting.sheet.header),
            "lines": [[line.number, *line.cells] for line in waiting.sheet.lines],
            "versions": {str(key): version for key, version in waiting.versions.items()},
        }
    )
    text = packed if isinstance(packed, str) else packed.decode()
    return text if len(text) <= MOST_PACKED else ""


def unpack(text: str, *, user_id: uuid.UUID, chosen: Settings) -> Waiting | None:
    """Return the table that `pack` made for this user within a day; None for anything else."""
    if len(text) > MOST_PACKED:
        return None
    try:
        said: dict[str, Any] = _signer(chosen).loads(text, max_age=DAY_IN_SECONDS)
    except BadSignature:
        return None
    if said["user"] != str(user_id):
        return None
    lines = [Line(number, cells) for number, *cells in said["lines"]]
    versions = {uuid.UUID(key): version for key, version in said["versions"].items()}
    return Waiting(uuid.UUID(said["id"]), uuid.UUID(said["group"]), Sheet(said["header"], lines), versions)


def _signer(chosen: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(chosen.secret_key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256})
