"""Wording: small and strict. What a value holds stays what it is, and mistakes show when a message is queued."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.database import transaction
from portal.messages import operations, queries
from portal.messages import wording as wordings
from portal.messages.models import Channel
from portal.messages.rendering import example_of, render
from portal.messages.wording import OF_THE_SITE, WordingError, WordingRefusedError, read_wording, shipped
from tests.messages.conftest import NOTICE

GIVEN = {"name": "Rita", "words": "Lunch.", "link": "https://hereabouts.example.org/x"}


@pytest.fixture
def notice() -> wordings.Wording:
    return read_wording(NOTICE, "notice")


def test_every_wording_that_ships_is_well_made() -> None:
    assert len(shipped()) >= 2
    for wording in shipped().values():
        for channel in Channel:
            if channel is not Channel.SMS or wording.sms:
                rendered = example_of(wording, channel)
                assert "{" not in rendered.text + rendered.subject
        assert wording.when.endswith((".", "“Send again”.")), wording.key
        assert wording.why.startswith("You "), wording.key


def test_values_are_filled_in_once_and_never_read(notice: wordings.Wording) -> None:
    tricks = "{link} {password} {0} {name.__class__} {{7*7}} {% if 1 %}x{% endif %} ${7*7} %(link)s ((name))"
    rendered = render(notice, Channel.EMAIL, {**GIVEN, "name": tricks, "words": tricks}, OF_THE_SITE)
    assert rendered.subject == f"News for {tricks}"
    assert f"Hello {tricks}," in rendered.text
    assert rendered.text.count("https://hereabouts.example.org/x") == 1


@given(st.text(max_size=200))
def test_any_text_can_be_a_value(text: str) -> None:
    notice = read_wording(NOTICE, "notice")
    rendered = render(notice, Channel.EMAIL, {**GIVEN, "name": text, "words": text}, OF_THE_SITE)
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject
    # A value of one line stays one line: it makes no paragraph, no button and no foot of its own.
    assert [sorted(block)[0] for block in rendered.body] == ["lines", "lines", "button", "lines", "phone"]
    assert len(rendered.body[1]["lines"]) <= 2


def test_only_the_wording_makes_buttons(notice: wordings.Wording) -> None:
    words = "https://evil.example.org/"
    rendered = render(notice, Channel.EMAIL, {**GIVEN, "words": words}, OF_THE_SITE)
    buttons = [block for block in rendered.body if "button" in block]
    assert buttons == [{"button": "Read the news", "link": GIVEN["link"]}]


def test_many_lines_only_where_the_wording_says_so(notice: wordings.Wording) -> None:
    text = "one\ntwo\r\nthree\u2028four\n\nfive"
    rendered = render(notice, Channel.EMAIL, {**GIVEN, "words": text}, OF_THE_SITE)
    assert rendered.body[1]["lines"][0] == "one two three four five"
    many = read_wording(NOTICE + "many_lines: [words]\n", "notice")
    rendered = render(many, Channel.EMAIL, {**GIVEN, "words": text}, OF_THE_SITE)
    assert rendered.body[1]["lines"][:2] == ["one", "two"]
    assert rendered.body[2]["lines"][0] == "five"


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Rita", "words": "x"},
        {**GIVEN, "password": "x"},
        {**GIVEN, "site_name": "x"},
        {**GIVEN, "link": "javascript:alert(1)"},
        {**GIVEN, "link": "https://example.org/a b"},
        {**GIVEN, "link": "https://example.org/\nhttps://evil.example.org"},
        {**GIVEN, "link": 'https://example.org/"><script>'},
        {**GIVEN, "link": "https://example.org/" + "x" * 2000},
        {**GIVEN, "name": 7},
    ],
)
def test_values_that_do_not_fit_are_a_mistake_of_the_caller(values: dict[str, str], notice: wordings.Wording) -> None:
    with pytest.raises(WordingError):
        render(notice, Channel.EMAIL, values, OF_THE_SITE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{words}", "{wrods}"),
        ("{words}", "{words.x}"),
        ("{words}", "{words!r}"),
        ("{words}", "{0}"),
        ("{words}", "{{words}}"),
        ("{words}", "{"),
        ("{words}", "words}"),
        ("  {link}\n\n  Bye", "  Bye"),
        ("key: notice", "key: other"),
        ("why:", "because:"),
        ("  name: Rita\n", ""),
        ("link: Read the news", "other: Read the news"),
        ("placeholders:\n", "placeholders:\n  site_name: x\n"),
        ("placeholders:\n", "placeholders:\n  Name: x\n"),
        ("link: https://hereabouts.example.org/news", "link: nowhere"),
        ('subject: "News for {name}"', 'subject: ""'),
        ("being tested", "being tested by {name}"),
    ],
)
def test_a_file_that_is_not_well_made_is_refused(old: str, new: str) -> None:
    assert old in NOTICE
    with pytest.raises(WordingError):
        read_wording(NOTICE.replace(old, new), "notice")


def test_yaml_makes_no_objects() -> None:
    with pytest.raises(Exception, match="could not determine a constructor"):
        read_wording(NOTICE.replace("A notice", "!!python/object/apply:os.getcwd []"), "notice")


@pytest.mark.usefixtures("wording", "database")
class TestChanges:
    """Wording that administrators changed."""

    def change(self, **values: object) -> None:
        wording = queries.wording_of("notice")
        known = {name: getattr(wording, name) for name in ("subject", "text", "sms", "letter")}
        with transaction() as session:
            options = {**known, "based_on": wording.version, **values}
            operations.change_wording(session, key="notice", actor="user:1", **options)

    def test_a_change_counts_and_can_be_taken_back(self) -> None:
        shipped_subject = queries.wording_of("notice").subject
        self.change(subject="All about {name} at {site_name}")
        changed = queries.wording_of("notice")
        assert (changed.subject, changed.version) == ("All about {name} at {site_name}", 1)
        # What was not changed follows the file, also when a later version of the program brings another.
        assert queries.list_changes("notice")[0].text is None
        assert [one.version for one in queries.list_wordings()] == [1, 0]
        with transaction() as session:
            operations.reset_wording(session, key="notice", based_on=1, actor="user:1")
        assert queries.wording_of("notice").subject == shipped_subject
        assert [change.number for change in queries.list_changes("notice")] == [2, 1]

    @pytest.mark.parametrize(
        ("field", "text", "says"),
        [
            ("text", "Hello {name}", "{link} has to stand in it"),
            ("text", "{link} {password}", "{password} is not known here. You can use: {link}, {name}, {phone}"),
            ("text", "{link} {name", "Braces"),
            ("text", "", "Enter the text."),
            ("text", "{link}" + "x" * 10_000, "Use 10,000 letters or fewer."),
            ("subject", "", "Enter the subject."),
            ("subject", "One\nBcc: everybody@example.org", "The subject has to be one line."),
            ("subject", "x" * 151, "Use 150 letters or fewer."),
            ("sms", "no address in it", "{link} has to stand in it"),
        ],
    )
    def test_a_change_that_would_not_work_is_refused(self, field: str, text: str, says: str) -> None:
        with pytest.raises(WordingRefusedError) as caught:
            self.change(**{field: text})
        assert [fault.field for fault in caught.value.faults] == [field]
        assert says in caught.value.faults[0].message
        assert queries.wording_of("notice").version == 0

    def test_two_people_change_it_at_once(self) -> None:
        self.change(subject="First")
        with pytest.raises(operations.StaleWordingError):
            self.change(subject="Second", based_on=0)
        assert queries.wording_of("notice").subject == "First"

    def test_an_unknown_key(self) -> None:
        with pytest.raises(WordingError):
            queries.wording_of("../secrets")
        with pytest.raises(WordingError), transaction() as session:
            operations.reset_wording(session, key="nothing", based_on=0, actor="user:1")
