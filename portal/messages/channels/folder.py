"""Messages as files in a folder, or on the screen; for demonstrations and development."""

import os
import sys
from pathlib import Path
from uuid import UUID, uuid4

from portal.messages.channels import Outcome, Parcel, Result
from portal.messages.channels.email import Sender, build_email
from portal.messages.models import Channel
from portal.messages.rendering import text_of


class FolderCarrier:
    """Writes each message once into a file of its own: e-mail as .eml, the others as .txt."""

    name = "folder"

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder, self._sender = folder, sender

    def was_taken(self, message_id: UUID) -> bool | None:
        """Say whether the file is there."""
        return any((self._folder / f"{message_id}.{kind}").exists() for kind in ("eml", "txt"))

    def send(self, parcel: Parcel) -> Outcome:
        """Write one message; a file that is there already is left as it is."""
        is_email = parcel.channel is Channel.EMAIL
        content = build_email(parcel, self._sender) if is_email else plain(parcel).encode()
        path = self._folder / f"{parcel.message_id}.{'eml' if is_email else 'txt'}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(path, content)
        except OSError as error:
            return Outcome(Result.LATER, "The folder for messages cannot be written to.", str(error), is_away=True)
        return Outcome(Result.TAKEN)


def _write_once(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{uuid4()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # an earlier try wrote it
    finally:
        draft.unlink()


class ConsoleCarrier:
    """Writes each message to the screen."""

    name = "console"

    def was_taken(self, _message_id: UUID) -> bool | None:
        """Return None: nobody remembers what was on the screen."""
        return None

    def send(self, parcel: Parcel) -> Outcome:
        """Write one message to the standard output."""
        sys.stdout.write(f"\n--- {parcel.channel.value} ---\n{plain(parcel)}---\n")
        sys.stdout.flush()
        return Outcome(Result.TAKEN)


def plain(parcel: Parcel) -> str:
    """Return a message as one plain text, with whom it is for at the top."""
    to = [line for line in (parcel.name, *parcel.address.split("\n")) if line]
    return "To: {}\nSubject: {}\n\n{}\n".format(", ".join(to), parcel.subject, text_of(parcel.body))
