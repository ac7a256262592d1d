"""Everything that a mapping can say is checked when it is read, with the key and what is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.directory.imports.template import read_template
from tests.directory.imports.conftest import MAPPING, Run

Rooms = Callable[..., tuple[Path, str, Path]]

FAULTS = [
    (MAPPING.replace("source: rooms", ""), "source: is missing"),
    (MAPPING.replace("key: [Borough, Room, Postcode]", ""), "key: is missing"),
    (MAPPING.replace("[Borough, Room", "[Borough, Rom"), "key: the table has no column “Rom”; did you mean “Room”?"),
    (MAPPING.replace('"{Street}"', '"{Streat}"'), "venue.address_1: the table has no column “Streat”"),
    (MAPPING.replace('"{Street}"', '"{Street"'), "venue.address_1: has a brace that is not closed"),
    (MAPPING.replace("address_1:", "adress_1:"), "venue.adress_1: there is no such field; did you mean “address_1”?"),
    (MAPPING.replace("venue:", "venues:"), "venues: there is no such key; did you mean “venue”?"),
    (MAPPING.replace("kind: place", "kind: palace"), "service.kind: “palace” is not one of"),
    (MAPPING.replace("[places]", "[place]"), "service.categories: “place” is not in the list; did you mean “places”?"),
    (MAPPING.replace("cost: free", "cost: cheap"), "service.cost: “cheap” is not a price"),
    (MAPPING.replace("monday: Mon", "munday: Mon"), "hours.1.columns.munday: is not a day of the week"),
    (MAPPING.replace("monday: Mon", "monday: Monday"), "hours.1.columns.monday: the table has no column “Monday”"),
    (MAPPING.replace("when: not empty", "when: full"), "closed.when: has to be “not empty” or a list of words"),
    (MAPPING.replace("column: Shut", "column: Closed"), "closed.column: the table has no column “Closed”"),
    (MAPPING + "leave_out_if_wrong: [service.name]", "leave_out_if_wrong: “service.name” is not one of"),
    (MAPPING + "source: again", "line 9: the key “source” stands twice"),
    ("- a list", "a mapping is keys with values"),
    ("a: [", "line 2"),
    ("!!python/object/apply:os.system [id]", "line 1"),
    (MAPPING.replace('name: "{Room}", kind', "kind"), "service.name: is missing; every row needs it"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("mapping", "sentence"), FAULTS, ids=[sentence[:40] for _mapping, sentence in FAULTS])
def test_a_fault_is_named_with_its_key(run_import: Run, rooms: Rooms, mapping: str, sentence: str) -> None:
    result = run_import(*rooms(mapping=mapping))
    assert result.exit_code == 1, result.output
    assert sentence in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_faults_are_said_at_once(run_import: Run, rooms: Rooms) -> None:
    result = run_import(*rooms(mapping=MAPPING.replace("kind: place", "kind: palace").replace("Shut", "Closed")))
    assert "service.kind" in result.output
    assert "closed.column" in result.output


@pytest.mark.parametrize(
    ("template", "cells", "text"),
    [
        ("{A}, {B}", {"A": "1 Road", "B": "Town"}, "1 Road, Town"),
        ("{A}, {B}", {"A": "1 Road", "B": ""}, "1 Road"),
        ("{A}, {B}", {"A": "", "B": "Town"}, "Town"),
        ("{A}, {B}, {C}", {"A": "x", "B": " ", "C": "y"}, "x, y"),
        ("Run by {A}.", {"A": "us"}, "Run by us."),
        ("Run by {A}.", {"A": ""}, ""),
        ("fixed", {}, "fixed"),
        ("{A}", {"A": "{B}", "B": "no"}, "{B}"),
    ],
)
def test_templates_join_columns(template: str, cells: dict[str, str], text: str) -> None:
    assert read_template(template).fill(cells) == text


@pytest.mark.parametrize(
    "mapping",
    ["a: &a [1]\nb: *a\n", "[" * 100_000, "\n".join(" " * depth + "a:" for depth in range(40))],
    ids=["alias", "brackets", "depth"],
)
def test_a_mapping_that_unfolds_or_nests_without_end_is_refused(
    run_import: Run, rooms: Callable[..., tuple[Path, str, Path]], mapping: str
) -> None:
    result = run_import(*rooms(mapping=mapping))
    assert result.exit_code == 1
    assert "rooms.yml cannot be used" in result.output
