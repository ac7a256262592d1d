"""When made-up things happen: rules as groups have them."""

import datetime as dt
from random import Random
from typing import Any

from portal.directory.models import Frequency

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BUSY = (18, 20, 22, 20, 17, 10, 5)
# Of a hundred rules: weekly, several days a week, weekday hours, fortnightly, monthly, once.
_SHAPES = {"weekly": 52, "twice": 14, "hours": 12, "fortnightly": 9, "monthly": 10, "once": 3}


def make_rule(rng: Random, today: dt.date, *, in_term: bool) -> dict[str, Any]:
    """Return the values of one rule of the table `schedule`, all but its ids. `today` is the London day of making."""
    shape = rng.choices(list(_SHAPES), list(_SHAPES.values()))[0]
    opens, closes = _times(rng, shape)
    started = today - dt.timedelta(days=rng.randint(20, 900))
    values: dict[str, Any] = {
        "frequency": Frequency.WEEKLY,
        "interval": 1,
        "by_day": rng.choices(_DAYS, _BUSY)[0],
        "by_month_day": "",
        "starts_on": started - dt.timedelta(days=started.weekday()),
        "valid_to": today + dt.timedelta(days=rng.randint(-30, 200)) if rng.random() < 0.06 else None,
        "opens_at": opens,
        "closes_at": closes,
        "except_on": [],
        "also_on": [],
        "not_on_bank_holidays": rng.random() < 0.2,
        "term_time_only": in_term and rng.random() < 0.6,
    }
    if shape == "twice":
        values["by_day"] = ",".join(sorted(rng.sample(_DAYS[:6], rng.choice((2, 2, 3))), key=_DAYS.index))
    elif shape == "hours":
        values["by_day"] = "MO,TU,WE,TH,FR" if rng.random() < 0.7 else "MO,TU,WE,TH,FR,SA"
    elif shape == "fortnightly":
        values["interval"] = 2
    elif shape == "monthly":
        values |= {"frequency": Frequency.MONTHLY, "by_day": rng.choice(("1", "2", "3", "4", "-1")) + values["by_day"]}
    elif shape == "once":
        day = today + dt.timedelta(days=rng.randint(1, 60))
        values |= {
            "frequency": Frequency.ONCE,
            "by_day": "",
            "starts_on": day,
            "valid_to": None,
            "term_time_only": False,
        }
    if rng.random() < 0.08:
        values["except_on"] = [(today + dt.timedelta(days=rng.randint(1, 60))).isoformat()]
    return values


def _times(rng: Random, shape: str) -> tuple[dt.time | None, dt.time | None]:
    if rng.random() < 0.03:
        return None, None
    if shape == "hours":
        return dt.time(rng.choice((8, 9, 9, 10))), dt.time(rng.choice((16, 17, 17, 18, 20)))
    # People meet on the hour and the half hour; other times are rare.
    start = rng.choice((9 * 60 + 30, 600, 600, 600, 630, 660, 720, 780, 840, 840, 960, 1080, 1110, 1140))
    start += rng.choices((0, 15, 30), (88, 4, 8))[0]
    end = start + rng.choices((45, 60, 90, 120, 150, 180), (5, 30, 25, 28, 5, 7))[0]
    return dt.time(start // 60, start % 60), dt.time(end // 60, end % 60)
