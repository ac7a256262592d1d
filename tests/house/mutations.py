"""The guards, each with the tests that notice when it is gone."""

import re
from collections.abc import Iterator

from portal.core.settings import ROOT
from tests.house.mutation import Mutation
from tests.house.signing_in_guards import SIGNING_IN

ROUTES = "tests/house/test_routes.py -k sqlite"
GATE = "tests/accounts/test_gate.py -k sqlite"
SESSIONS = "tests/accounts/test_sessions.py -k sqlite"
THROTTLE = "tests/accounts/test_throttle.py -k sqlite"
ACCESS = "tests/house/test_access.py -k sqlite"

# What is taken away, where, the lines, what takes their place, and who notices.
_BY_HAND: list[tuple[str, str, str, str, str]] = [
    (
        "tokens are not checked",
        "core/web.py",
        "    csrf.init_app(app)\n",
        "",
        "tests/house/test_tokens.py -k sqlite",
    ),
    (
        "forms of other sites are taken",
        "core/web.py",
        "    app.before_request(_refuse_foreign_forms)\n",
        "",
        "tests/house/test_reading.py -k another_site",
    ),
    (
        "other hosts are answered",
        "core/web.py",
        "    app.before_request(_refuse_foreign_hosts)\n",
        "",
        "tests/core/test_web.py",
    ),
    ("the gate forgets permissions", "accounts/gate.py", "current_user.may(permission)", "True", GATE),
    (
        "staff need no second factor",
        "accounts/gate.py",
        '    return _send_to(SECOND_STEP, "")\n',
        "    return None\n",
        GATE,
    ),
    ("nobody is asked again", "accounts/gate.py", "if fresh and not", "if False and not", GATE),
    ("the second factor is waived everywhere", "accounts/gate.py", "return chosen.demo and", "return True or", GATE),
    (
        "pages about people may be stored",
        "accounts/gate.py",
        "    app.after_request(_store_nothing)\n",
        "",
        GATE,
    ),
    (
        "a session never ends",
        "accounts/queries/sessions.py",
        "if now >= self.begun_at + LONGEST:",
        "if False:",
        SESSIONS,
    ),
    (
        "an idle session lives on",
        "accounts/queries/sessions.py",
        "if now >= self.ends_at else None",
        "if False else None",
        SESSIONS,
    ),
    (
        "an ended session lives on",
        "accounts/queries/sessions.py",
        "if self.ended_at is not None:",
        "if False:",
        SESSIONS,
    ),
    (
        "a kept form is anybody’s",
        "accounts/queries/sessions.py",
        "            KeptForm.user_id == user_id,\n",
        "",
        ACCESS,
    ),
    ("guesses are not counted", "accounts/operations/guesses.py", "if len(newest) >= most:", "if False:", THROTTLE),
    ("any team is everybody’s", "accounts/queries/teams.py", "statement.where(Team.id.in_(own))", "statement", ACCESS),
    (
        "a membership of another team",
        "accounts/queries/teams.py",
        "found.team_id != team.id or ",
        "",
        "tests/accounts/test_teams.py -k sqlite",
    ),
    (
        "an invitation of another team",
        "accounts/queries/invitations.py",
        "statement.where(Invitation.team_id == team.id)",
        "statement",
        ACCESS,
    ),
    (
        "a lead ends anybody’s role",
        "accounts/access.py",
        "and leads(user, membership.team)",
        "",
        "tests/accounts/test_teams.py -k sqlite",
    ),
    (
        "an audit that cannot be written is let pass",
        "audit/operations.py",
        "        connection.execute(sa.insert(AuditEntry), entries)\n    except sa.exc.SQLAlchemyError as error:\n"
        "        raise AuditUnavailableError from error\n",
        "        connection.execute(sa.insert(AuditEntry), entries)\n"
        "    except sa.exc.SQLAlchemyError:\n        pass\n",
        "tests/audit -k sqlite",
    ),
    ("readings are not noted", "audit/readings.py", "    if gathered:\n", "    if False:\n", "tests/audit -k sqlite"),
    (
        "a hash leaves a column out",
        "audit/chain.py",
        '"shown",\n    "previous_hash",',
        '"previous_hash",',
        "tests/audit/test_verifying.py -k every_column",
    ),
    (
        "an unsafe address is written to",
        "messages/operations/tries.py",
        "    if is_unsafe(session, message.address_fingerprint):\n",
        "    if False:\n",
        "tests/messages/test_delivery.py -k looked_at",
    ),
    (
        "a signature is not looked at",
        "messages/views.py",
        '    if not hmac.compare_digest(signature, f"sha256={expected}"):\n',
        "    if False:\n",
        "tests/messages/test_inbound.py -k sqlite",
    ),
    (
        "a signature counts for ever",
        "messages/views.py",
        "    if abs(clock.now().timestamp() - int(signed_at)) > VALID_FOR:\n",
        "    if False:\n",
        "tests/messages/test_inbound.py -k sqlite",
    ),
    (
        "any address is gone on to",
        "accounts/security_pages.py",
        "        _drop_foreign_next()\n",
        "",
        "tests/accounts/test_sign_in.py -k sqlite",
    ),
    (
        "signing in is not counted",
        "accounts/security_pages.py",
        'views.login, "GET POST", guess=PASSWORD)',
        'views.login, "GET POST")',
        "tests/accounts/test_sign_in.py tests/accounts/test_throttle.py -k sqlite",
    ),
    (
        "codes are not counted",
        "accounts/security_pages.py",
        '    "GET POST",\n    guess=CODE,\n',
        '    "GET POST",\n',
        "tests/accounts/test_second_factor.py tests/accounts/test_throttle.py -k sqlite",
    ),
]


def by_hand() -> list[Mutation]:
    """Return the guards that no pattern finds."""
    return [Mutation(what, f"portal/{file}", old, new, tests) for what, file, old, new, tests in _BY_HAND + SIGNING_IN]


def _around(text: str, place: int) -> str:
    """Return the lines before and after a place, enough to name it alone."""
    start = text.rfind("\n\n", 0, place) + 2
    end = text.find("):\n", place)
    end = text.find(":\n", place) if end < 0 else end
    return text[start:end]


def _decorators() -> Iterator[Mutation]:
    """Every decorator that says who may use a view: once deleted, and once weakened to everybody."""
    for path in sorted((ROOT / "portal").rglob("*.py")):
        name, text = path.relative_to(ROOT).as_posix(), path.read_text()
        for found in re.finditer(r"^@(public|needs\([^\n]*\))\n", text, re.MULTILINE):
            old = _around(text, found.start())
            line = found.group(0)
            view = re.search(r"def (\w+)", old)
            if text.count(old) != 1 or view is None:
                raise ValueError(f"{name}: the decorator at {found.start()} has no place of its own.")
            yield Mutation(f"{name}:{view[1]} says nothing", name, old, old.replace(line, "", 1), ROUTES)
            if line != "@public\n":
                weak = "@__import__('portal.core.access', fromlist=['public']).public\n"
                yield Mutation(f"{name}:{view[1]} is public", name, old, old.replace(line, weak, 1), ROUTES)


def every_mutation() -> list[Mutation]:
    """Return all guards of the list, in a fixed order."""
    return [*by_hand(), *_decorators()]
