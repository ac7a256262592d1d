"""One room sends: nobody else speaks to mail servers, to GOV.UK Notify, or knows how."""

import ast
from pathlib import Path

import pytest

from portal.core.settings import ROOT

SENDERS = ("smtplib", "aiosmtplib", "flask_mail", "flask_mailman", "notifications_python_client")
HOME = ROOT / "portal" / "messages" / "channels"
CODE = sorted((ROOT / "portal").rglob("*.py")) + sorted((ROOT / "seeds").rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"__import__", "importlib.import_module"}:
            found.update(str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))
    return found


def knows(path: Path, names: tuple[str, ...]) -> bool:
    return any(name == sender or name.startswith(f"{sender}.") for name in imports_of(path) for sender in names)


@pytest.mark.parametrize("sender", ["smtplib", "notifications_python_client"])
def test_the_rule_sees_who_sends(sender: str) -> None:
    assert [path for path in HOME.rglob("*.py") if knows(path, (sender,))]


def test_only_the_channels_know_how_to_send() -> None:
    found = [path.relative_to(ROOT).as_posix() for path in CODE if HOME not in path.parents and knows(path, SENDERS)]
    assert found == []


def test_only_delivery_hands_over() -> None:
    """What a hold or an unsafe address stops is checked there, so nothing may go past it."""
    channels = ("portal.messages.channels.choosing", "portal.messages.channels.smtp", "portal.messages.channels.notify")
    found = [path.relative_to(ROOT).as_posix() for path in CODE if HOME not in path.parents and knows(path, channels)]
    assert found == ["portal/messages/delivery.py"]


def test_flask_security_has_no_mail_of_its_own() -> None:
    """Without Flask-Mail installed, Flask-Security's own sender could not work even if it were called."""
    pins = (ROOT / "requirements.txt").read_text().lower()
    assert "flask-mail" not in pins
