"""One made-up service with the rows that belong to it."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks import town, words
from benchmarks.schedules import make_rule
from benchmarks.words import THEMES, Theme
from portal.directory.models import (
    Attendance,
    Capacity,
    CostKind,
    CostOption,
    Joining,
    Phone,
    Schedule,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceKind,
    ServiceLanguage,
    ServiceStatus,
    ServiceTerm,
    Taxonomy,
)

if TYPE_CHECKING:
    from benchmarks.listings import Rows, Town

Drawn = TypeVar("Drawn")

_SHARES = [theme.share for theme in THEMES]
_STATES = {
    ServiceStatus.ACTIVE: 94.0,
    ServiceStatus.TEMPORARILY_CLOSED: 2.0,
    ServiceStatus.INACTIVE: 2.5,
    ServiceStatus.DEFUNCT: 1.5,
}
_ROOM: dict[Capacity | None, float] = {None: 35, Capacity.PLACES: 43, Capacity.WAITING_LIST: 12, Capacity.FULL: 10}
_COSTS: dict[CostKind | None, float] = {CostKind.FREE: 55, CostKind.DONATION: 10, CostKind.PAID: 27, None: 8}
_JOINING: dict[Joining | None, float] = {
    Joining.TURN_UP: 40,
    Joining.RING_FIRST: 25,
    Joining.BOOK: 20,
    Joining.REFERRAL: 8,
    None: 7,
}
_SPOKEN_ACCESS = ("bsl", "interpreter", "large-print", "support-worker")


def make_service(made: "Town", rows: "Rows", number: int) -> int:
    """Add one service to the rows. `number` is the last short number of a venue in use; returns the new last one."""
    rng = made.rng
    theme = rng.choices(THEMES, _SHARES)[0]
    is_afar = theme.outreach and rng.random() < 0.3
    service = _service(made, theme, is_afar=is_afar)
    service_id: uuid.UUID = service["id"]
    rows[Service].append(service)
    numbers = [] if is_afar else _add_venues(made, rows, theme, service_id, number)
    _add_rules(made, rows, theme, service_id, numbers)
    _add_terms(made, rows, theme, service_id)
    if service["cost_kind"] is CostKind.PAID:
        _add_costs(made, rows, service_id)
    if rng.random() < 0.35:
        codes = ["en", *rng.sample(words.LANGUAGES, rng.choice((1, 1, 2, 4)))]
        rows[ServiceLanguage] += [{"service_id": service_id, "code": code} for code in codes]
    if rng.random() < (0.5 if is_afar else 0.05):
        slug = rng.choices(list(made.areas), [3 if slug == "lewisham" else 1 for slug in made.areas])[0]
        rows[ServiceArea].append({"service_id": service_id, "area_id": made.areas[slug]})
    if rng.random() < 0.5:
        number_in_words = f"020 7946 0{rng.randint(0, 999):03}"
        owner = {"organisation_id": None, "service_id": service_id}
        rows[Phone].append({"id": town.make_id(rng), **owner, "number": number_in_words, "about": "", "position": 0})
    return max(numbers, default=number)


def _service(made: "Town", theme: Theme, *, is_afar: bool) -> dict[str, Any]:
    rng = made.rng
    lowest, highest = rng.choice(theme.ages) if theme.ages and rng.random() < 0.7 else (None, None)
    room = _draw(made, _ROOM)
    now = dt.datetime.combine(made.today, dt.time(3), dt.UTC)
    confirmed = made.today - dt.timedelta(days=min(900, round(rng.expovariate(1 / 140))))
    afar = rng.choice((Attendance.ONLINE, Attendance.TELEPHONE, Attendance.AT_HOME)).value
    return {
        "id": town.make_id(rng),
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "organisation_id": rng.choice(made.organisations)["id"],
        "kind": ServiceKind(theme.kind),
        "name": _name(made, theme),
        "summary": _sentence(rng.choice(theme.says)),
        "description": _description(made, theme),
        "status": _draw(made, _STATES),
        "attendance": [afar] if is_afar else [Attendance.IN_PERSON.value],
        "when_note": "Weekdays, by arrangement" if is_afar and rng.random() < 0.5 else "",
        "minimum_age": lowest,
        "maximum_age": highest,
        "cost_kind": _draw(made, _COSTS),
        "cost_note": "",
        "joining": _draw(made, _JOINING),
        "how_to_join": f"Ask for {rng.choice(words.FIRST_NAMES)}." if rng.random() < 0.5 else "",
        "capacity": room,
        "places_left": rng.randint(1, 12) if room is Capacity.PLACES and rng.random() < 0.3 else None,
        "waiting_weeks": rng.randint(1, 12) if room is Capacity.WAITING_LIST else None,
        "email": "",
        "website": "",
        "last_confirmed_on": confirmed if rng.random() < 0.95 else None,
        "last_confirmed_by": "the group",
    }


def _draw(made: "Town", shares: dict[Drawn, float]) -> Drawn:
    return made.rng.choices(list(shares), list(shares.values()))[0]


def _name(made: "Town", theme: Theme) -> str:
    rng = made.rng
    name = rng.choice(theme.names)
    before = rng.random()
    if before < 0.35:
        return f"{rng.choice(town.CENTRES).name} {name}"
    if before < 0.5:
        return f"{rng.choice(words.ADJECTIVES)} {name}"
    if before < 0.6:
        return f"{rng.choice(words.DAYS)} {name}"
    if before < 0.8:
        return f"{words.draw_skewed(rng, made.rare)} {name}"
    return f"{name} at {words.draw_skewed(rng, made.rare)} {rng.choice(words.STREETS)}" if before < 0.9 else name


def _description(made: "Town", theme: Theme) -> str:
    rng = made.rng
    slots = {
        "leader": f"{rng.choice(words.FIRST_NAMES)} {words.draw_skewed(rng, made.rare)}",
        "street": town.make_street(rng, made.rare),
        "place": rng.choice(town.CENTRES).name,
        "year": rng.randint(1965, 2025),
        "bus": rng.randint(21, 484),
        "number": rng.randint(6, 40),
        "rare": words.draw_skewed(rng, made.rare),
        "rare2": words.draw_skewed(rng, made.rare),
    }
    said = rng.sample(words.SENTENCES, rng.randint(2, 9))
    first = rng.sample(theme.says, min(2, len(theme.says)))
    text = " ".join([*(_sentence(line) for line in first), *(line.format(**slots) for line in said)])
    return text.replace(". We ", ".\n\nWe ", 1)


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _add_venues(made: "Town", rows: "Rows", theme: Theme, service_id: uuid.UUID, number: int) -> list[int]:
    rng = made.rng
    count = rng.choices((1, 2, 3, 5), (85, 10, 3, 2))[0]
    # The first halls on the list are the busy ones.
    chosen = {int(len(made.venues) * rng.random() ** 1.5): None for _ in range(count)}
    numbers = []
    for position, index in enumerate(chosen):
        venue = made.venues[index]
        if theme.confidential and not venue["is_confidential"]:
            venue = next((one for one in made.venues[index:] if one["is_confidential"]), venue)
        numbers.append(number + position + 1)
        owner = {"service_id": service_id, "location_id": venue["id"]}
        rows[ServiceAtLocation].append(
            {"number": numbers[-1], "id": town.make_id(rng), **owner, "note": "", "position": position}
        )
    return _without_doubles(rows, numbers)


def _without_doubles(rows: "Rows", numbers: list[int]) -> list[int]:
    """Drop a venue that the same service was given twice."""
    latest = rows[ServiceAtLocation][-len(numbers) :]
    del rows[ServiceAtLocation][-len(numbers) :]
    kept = {row["location_id"]: row for row in reversed(latest)}
    rows[ServiceAtLocation] += sorted(kept.values(), key=lambda row: int(row["number"]))
    return sorted(int(row["number"]) for row in kept.values())


def _add_rules(made: "Town", rows: "Rows", theme: Theme, service_id: uuid.UUID, numbers: list[int]) -> None:
    rng = made.rng
    if rng.random() < (0.1 if numbers else 0.5):
        return
    at_numbers: list[int | None] = [*numbers] if numbers and rng.random() < 0.85 else [None]
    for at_number in at_numbers:
        for position in range(rng.choices((1, 2, 3), (80, 15, 5))[0]):
            ids = {"id": town.make_id(rng), "service_id": service_id, "at_number": at_number, "valid_from": None}
            rule = make_rule(rng, made.today, in_term=theme.in_term)
            rows[Schedule].append({**ids, **rule, "note": "", "position": position})


def _add_terms(made: "Town", rows: "Rows", theme: Theme, service_id: uuid.UUID) -> None:
    rng = made.rng
    chosen = [made.terms[Taxonomy.CATEGORY][slug] for slug in theme.categories]
    needs = rng.sample(theme.needs, rng.randint(1, len(theme.needs)))
    if rng.random() < 0.2:
        extra = rng.choice(list(made.terms[Taxonomy.NEED]))
        needs = list(dict.fromkeys([*needs, extra]))
    chosen += [made.terms[Taxonomy.NEED][slug] for slug in needs]
    if theme.audiences and rng.random() < 0.4:
        chosen.append(made.terms[Taxonomy.AUDIENCE][rng.choice(theme.audiences)])
    rows[ServiceTerm] += [
        {"service_id": service_id, "term_id": term_id, "position": position} for position, term_id in enumerate(chosen)
    ]
    if rng.random() < 0.15:
        term_id = made.terms[Taxonomy.ACCESS][rng.choice(_SPOKEN_ACCESS)]
        rows[ServiceAccess].append({"service_id": service_id, "term_id": term_id, "is_there": True, "note": ""})


def _add_costs(made: "Town", rows: "Rows", service_id: uuid.UUID) -> None:
    rng = made.rng
    full = rng.choice((100, 200, 250, 300, 400, 500, 600, 750, 1000, 1500, 2500))
    said = [(full, "")] if rng.random() < 0.6 else [(full, ""), (full // 2, "on benefits or a pension")]
    rows[CostOption] += [
        {"id": town.make_id(rng), "service_id": service_id, "amount_pence": pence, "about": about, "position": position}
        for position, (pence, about) in enumerate(said)
    ]
