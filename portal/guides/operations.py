"""Every change of a guide: writing, publishing, withdrawing, going back, loading what ships, asking for a review."""

import datetime as dt
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean, slugify
from portal.guides import queries
from portal.guides.models import Guide, GuideVersion
from portal.guides.shelf import forget
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue

LONGEST_TEXT = 20_000
PAGES = Path(__file__).with_name("pages")
# An address below /guides that is no guide's.
_TAKEN = frozenset({"manage"})


@dataclass(frozen=True, kw_only=True)
class GuideDraft:
    """What a moderator writes. `needs` are slugs; `review_on` is a London day; `words` are further words to find it."""

    title: str
    summary: str
    text: str
    review_on: dt.date
    words: str = ""
    needs: tuple[str, ...] = ()


def write_guide(*, actor: str, draft: GuideDraft) -> Guide:
    """Store a new guide that nobody sees yet, and return it. Raises RefusedChangeError with the field."""
    with transaction() as session:
        return _write(session, _checked(draft), actor=actor, checked_on=clock.today())


def change_guide(*, actor: str, guide_id: uuid.UUID, expected: int, draft: GuideDraft, is_checked: bool) -> None:
    """Change a guide that has the version `expected`; its address stays. `is_checked`: all of it was looked at.

    Raises RefusedChangeError with the field, ChangedMeanwhileError with the present guide, LookupError when there is
    none.
    """
    draft = _checked(draft)
    with transaction() as session:
        guide = _get(session, guide_id, expected)
        values = {**asdict(draft), "needs": list(draft.needs)}
        if is_checked:
            values["checked_on"] = clock.today()
        changed = {name for name, value in values.items() if getattr(guide, name) != value}
        if not changed:
            return
        for name in changed:
            setattr(guide, name, values[name])
        if changed & {"title", "summary", "text"}:
            _append_version(session, guide, actor)
        _close(session, guide, actor, "change", sorted(changed))


def publish_guide(*, actor: str, guide_id: uuid.UUID, expected: int) -> None:
    """Show a guide to everybody; once it is, nothing happens. Raises as `change_guide` does."""
    with transaction() as session:
        guide = _get(session, guide_id, expected)
        if not guide.is_public:
            guide.published_at, guide.withdrawn_at = clock.now(), None
            _close(session, guide, actor, "publish")


def withdraw_guide(*, actor: str, guide_id: uuid.UUID, expected: int) -> None:
    """Take a guide off the public pages; its text is kept. Raises as `change_guide` does."""
    with transaction() as session:
        guide = _get(session, guide_id, expected)
        if guide.is_public:
            guide.withdrawn_at = clock.now()
            _close(session, guide, actor, "withdraw")


def restore_version(*, actor: str, guide_id: uuid.UUID, number: int, expected: int) -> None:
    """Make an earlier text the present one, as a new version. Raises as `change_guide` does."""
    with transaction() as session:
        guide = _get(session, guide_id, expected)
        earlier = queries.find_version(guide_id, number)
        if earlier is None:
            raise LookupError(number)
        guide.title, guide.summary, guide.text = earlier.title, earlier.summary, earlier.text
        if session.is_modified(guide):
            _append_version(session, guide, actor)
            _close(session, guide, actor, "restore", [f"version {number}"])


def load_guides(*, actor: str, is_checked: bool = False) -> int:
    """Store and publish the guides that ship, unless there are any, and return how many.

    They are to be looked at today, since nobody here has read them; `is_checked` says that this was done, for the
    demonstration.
    """
    with transaction() as session:
        return add_shipped_guides(session, actor=actor, is_checked=is_checked)


def add_shipped_guides(session: Session, *, actor: str, is_checked: bool = False) -> int:
    """Do what `load_guides` does, within a transaction that is already open."""
    if session.scalar(sa.select(sa.func.count()).select_from(Guide)):
        return 0
    drafts = [_shipped(path) for path in sorted(PAGES.glob("*.md"))]
    today = clock.today()
    for slug, draft in drafts:
        draft = draft if is_checked else replace(draft, review_on=today)
        guide = _write(session, _checked(draft), actor=actor, checked_on=today if is_checked else None, slug=slug)
        guide.published_at = clock.now()
    return len(drafts)


def ask_for_reviews(*, actor: str, link: str) -> int:
    """Tell every moderator once about the guides whose day has come; `link` leads to their list. Returns how many."""
    with transaction() as session:
        due = queries.list_to_ask_about(clock.today())
        if not due:
            return 0
        titles = "\n".join(f"- {guide.title}" for guide in due)
        for user in queries.list_moderators():
            recipient = Recipient(channel=Channel.EMAIL, address=user.email, name=user.name)
            values = {"name": user.name, "guides": titles, "link": link}
            queue(session, wording="guide-review", to=recipient, values=values, actor=actor, cause="guides")
        # Nobody has edited it: neither its version nor the time of its last change moves.
        session.execute(
            sa.update(Guide)
            .where(Guide.id.in_([guide.id for guide in due]))
            .values(asked_on=clock.today(), updated_at=Guide.updated_at)
        )
        return len(due)


def _shipped(path: Path) -> tuple[str, GuideDraft]:
    """Return the address and the text of a file. Its name is a number for the order, a hyphen, and the address."""
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    said = yaml.safe_load(front)
    days = round(said["months"] * 365.25 / 12)
    return path.stem.partition("-")[2], GuideDraft(
        title=said["title"],
        summary=said["summary"],
        words=said["words"],
        needs=tuple(said["needs"]),
        text=text,
        review_on=clock.today() + dt.timedelta(days=days),
    )


def _write(session: Session, draft: GuideDraft, *, actor: str, checked_on: dt.date | None, slug: str = "") -> Guide:
    last = session.scalar(sa.select(sa.func.max(Guide.position)))
    guide = Guide(
        id=uuid.uuid4(),
        slug=slug or _fresh_slug(session, draft.title),
        position=0 if last is None else last + 1,
        checked_on=checked_on,
        **{**asdict(draft), "needs": list(draft.needs)},
    )
    session.add(guide)
    session.flush()
    _append_version(session, guide, actor)
    _close(session, guide, actor, "write")
    return guide


def _fresh_slug(session: Session, title: str) -> str:
    taken = {*session.scalars(sa.select(Guide.slug)), *_TAKEN}
    plain = slugify(title)[:70].strip("-") or "guide"
    wanted, number = plain, 2
    while wanted in taken:
        wanted, number = f"{plain}-{number}", number + 1
    return wanted


def _checked(draft: GuideDraft) -> GuideDraft:
    """Return a draft with its texts cleaned. Raises RefusedChangeError with the field that cannot be used."""
    cleaned = replace(
        draft,
        title=clean(draft.title),
        summary=clean(draft.summary),
        words=clean(draft.words),
        text=clean(draft.text, lines=True),
        needs=tuple(dict.fromkeys(draft.needs)),
    )
    for field, missing, most in (
        ("title", "Enter a title", 120),
        ("summary", "Say in one or two sentences what the page is about", 300),
        ("text", "Write the text", LONGEST_TEXT),
        ("words", "", 500),
    ):
        length = len(getattr(cleaned, field))
        if missing and not length:
            raise RefusedChangeError(field, missing)
        if length > most:
            raise RefusedChangeError(field, f"Use {most:,} letters or fewer. You have {length:,}.")
    return cleaned


def _get(session: Session, guide_id: uuid.UUID, expected: int) -> Guide:
    guide = session.get(Guide, guide_id, with_for_update=True, populate_existing=True)
    if guide is None:
        raise LookupError(guide_id)
    if guide.version != expected:
        raise ChangedMeanwhileError(guide)
    return guide


def _append_version(session: Session, guide: Guide, actor: str) -> None:
    last = session.scalar(sa.select(sa.func.max(GuideVersion.number)).where(GuideVersion.guide_id == guide.id))
    texts = {"title": guide.title, "summary": guide.summary, "text": guide.text}
    session.add(GuideVersion(guide_id=guide.id, number=(last or 0) + 1, by=actor, **texts))


def _close(session: Session, guide: Guide, actor: str, verb: str, changed: list[str] | None = None) -> None:
    """Note an act, and have this process see it as soon as it is stored."""
    after = {"slug": guide.slug, **({"changed": ", ".join(changed)} if changed else {})}
    note(session, actor=actor, act=f"guide:{verb}", about="guide", about_id=guide.id, after=after)
    sa.event.listen(session, "after_commit", lambda _session: forget(), once=True)
