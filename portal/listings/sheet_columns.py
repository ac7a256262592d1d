"""The columns of the table in which a group keeps its listings: how each is written into a cell, and read from one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from portal.core.text import clean
from portal.directory.facts_in_words import PhraseError, parse_choice, parse_costs, parse_places
from portal.directory.models import Attendance, Capacity, CostKind, Joining
from portal.listings.checks import MOST_RULES
from portal.listings.content import Content, Phone, Price, Venue
from portal.listings.sheet_days import CellError, rule_as_text, text_as_rule
from portal.listings.venue_positions import find_postcode, is_postcode, new_venue

_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(frozen=True)
class Words:
    """The terms that there are, slug to name in their order, of categories and of needs."""

    categories: Mapping[str, str]
    needs: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One column: `read` gives the cell of a content, `write` the content with a new cell. `write` raises CellError."""

    name: str
    read: Callable[[Content, Words], str]
    write: Callable[[Content, str, Words], Content]


def _put(content: Content, name: str, value: Any) -> Content:
    changed: dict[str, Any] = {name: value}
    return replace(content, **changed)


def _text(name: str, most: int, *, lines: bool = False) -> Column:
    def write(content: Content, text: str, _words: Words) -> Content:
        if len(text) > most:
            raise CellError(f"It has {len(text):,} letters. Use {most:,} or fewer")
        return _put(content, name, clean(text, lines=lines))

    return Column(name, lambda content, _words: str(getattr(content, name)), write)


def _number(name: str, label: str) -> Column:
    def write(content: Content, text: str, _words: Words) -> Content:
        if text and not (text.isascii() and text.isdigit() and int(text[:4]) <= 120 and len(text) < 4):
            raise CellError(f"“{text[:40]}” is not an age in whole years, like 18")
        return _put(content, name, int(text) if text else None)

    def read(content: Content, _words: Words) -> str:
        value = getattr(content, name)
        return "" if value is None else str(value)

    return Column(label, read, write)


def _choice(name: str, label: str, kind: type[_Choice]) -> Column:
    def write(content: Content, text: str, _words: Words) -> Content:
        try:
            return _put(content, name, parse_choice(kind, text) if text else None)
        except PhraseError as error:
            raise CellError(f"{error}") from None

    def read(content: Content, _words: Words) -> str:
        value = getattr(content, name)
        return "" if value is None else str(value.value)

    return Column(label, read, write)


def _terms(name: str) -> Column:
    def read(content: Content, words: Words) -> str:
        named: Mapping[str, str] = getattr(words, name)
        return "; ".join(named.get(slug, slug) for slug in getattr(content, name))

    def write(content: Content, text: str, words: Words) -> Content:
        named: Mapping[str, str] = getattr(words, name)
        known = {shown.casefold(): slug for slug, shown in named.items()} | {slug: slug for slug in named}
        # What stands there already may be called otherwise or be offered no longer.
        known |= {slug: slug for slug in getattr(content, name)}
        slugs = []
        for piece in filter(None, map(clean, text.split(";"))):
            if piece.casefold() not in known:
                raise CellError(f"“{piece[:60]}” is not in the list. Write one of: {'; '.join(named.values())}")
            slugs.append(known[piece.casefold()])
        return _put(content, name, tuple(dict.fromkeys(slugs)))

    return Column(name, read, write)


def _read_price(content: Content, _words: Words) -> str:
    said = (
        f"£{price.pence / 100:.2f} {price.about}" if price.pence is not None else price.about
        for price in content.prices
    )  # fmt: skip
    return "; ".join(text.strip() for text in said)


def _write_price(content: Content, text: str, _words: Words) -> Content:
    pieces = [f"£{piece}" if re.match(r"\d", piece) and "p" not in piece.split()[0] else piece
              for piece in filter(None, map(clean, text.split(";")))]  # fmt: skip
    try:
        kind, costs = parse_costs(pieces)
    except PhraseError as error:
        raise CellError(f"{error}") from None
    prices = tuple(Price(pence=cost.amount_pence, about=cost.about) for cost in costs)
    return replace(content, prices=prices, cost_kind=content.cost_kind or kind)


def _read_days(content: Content, _words: Words) -> str:
    return "; ".join(map(rule_as_text, content.when))


def _write_days(content: Content, text: str, _words: Words) -> Content:
    """Read the rules; one that stands there already in the same words stays whole, with its venue."""
    there = {rule_as_text(rule).casefold(): rule for rule in content.when}
    pieces = list(filter(None, map(clean, re.split(r"[;\n]", text))))
    if len(pieces) > MOST_RULES:
        raise CellError(f"There are {len(pieces)} times. Use {MOST_RULES} or fewer")
    return replace(content, when=tuple(there.get(piece.casefold()) or text_as_rule(piece) for piece in pieces))


def _venue(name: str, read: Callable[[Venue], str], write: Callable[[Venue, str], Venue]) -> Column:
    """Make a column about the first place. A new place means that people can come."""

    def write_cell(content: Content, text: str, _words: Words) -> Content:
        venues = content.venues or (new_venue(find_postcode("")),)
        first = write(venues[0], text)
        is_blank = not (first.name or first.address_1 or first.postcode)
        venues = venues[1:] if is_blank else (first, *venues[1:])
        ways = content.attendance or ((Attendance.IN_PERSON,) if venues else ())
        return replace(content, venues=venues, attendance=ways)

    return Column(name, lambda content, _words: read(content.venues[0]) if content.venues else "", write_cell)


def _write_address(venue: Venue, text: str) -> Venue:
    lines = [clean(line) for line in re.split(r"[,\n]", text) if line.strip()]
    if len(lines) > 3:
        lines = [", ".join(lines[:-2]), *lines[-2:]]
    first, second, town = {0: ("", "", ""), 1: (*lines, "", ""), 2: (*lines[:1], "", *lines[1:])}.get(
        len(lines), tuple(lines)
    )
    return replace(venue, address_1=first, address_2=second, town=town)


def _write_postcode(venue: Venue, text: str) -> Venue:
    if not text:
        return replace(venue, postcode="", latitude=None, longitude=None)
    if not is_postcode(text):
        raise CellError(f"“{text[:40]}” is not a whole postcode, like SE13 6LG")
    found = find_postcode(text)
    if found.position is None:
        guess = f" Did you mean {found.guess}?" if found.guess else ""
        raise CellError(f"We do not know {found.postcode}.{guess}")
    return replace(venue, postcode=found.postcode, latitude=found.position[0], longitude=found.position[1])


def _write_phone(content: Content, text: str, _words: Words) -> Content:
    if not text:
        return replace(content, phones=content.phones[1:])
    first = replace(content.phones[0], number=text) if content.phones else Phone(number=text)
    return replace(content, phones=(first, *content.phones[1:]))


def _read_places(content: Content, _words: Words) -> str:
    if content.capacity is Capacity.PLACES and content.places_left is not None:
        return f"{content.places_left} left"
    if content.capacity is Capacity.WAITING_LIST and content.waiting_weeks is not None:
        return f"waiting list, {content.waiting_weeks} week{'' if content.waiting_weeks == 1 else 's'}"
    return content.capacity.value if content.capacity else ""


def _write_places(content: Content, text: str, _words: Words) -> Content:
    try:
        capacity, left, weeks = parse_places(text)
    except PhraseError as error:
        raise CellError(f"{error}") from None
    return replace(content, capacity=capacity, places_left=left, waiting_weeks=weeks)


def _read_address(venue: Venue) -> str:
    return ", ".join(filter(None, (venue.address_1, venue.address_2, venue.town)))


def _read_phone(content: Content, _words: Words) -> str:
    return content.phones[0].number if content.phones else ""


COLUMNS: Sequence[Column] = (
    _text("name", 200),
    _text("summary", 300),
    _text("description", 10_000, lines=True),
    _terms("categories"),
    _terms("needs"),
    _number("minimum_age", "minimum age"),
    _number("maximum_age", "maximum age"),
    _choice("cost_kind", "cost", CostKind),
    Column("price", _read_price, _write_price),
    Column("days", _read_days, _write_days),
    _venue("venue name", lambda venue: venue.name, lambda venue, text: replace(venue, name=text)),
    _venue("address", _read_address, _write_address),
    _venue("postcode", lambda venue: venue.postcode, _write_postcode),
    Column("telephone", _read_phone, _write_phone),
    _text("email", 254),
    _text("website", 500),
    Column("places", _read_places, _write_places),
    _choice("joining", "joining", Joining),
)
