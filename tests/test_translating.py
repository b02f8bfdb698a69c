"""English and Welsh: what a page says, in which language, and that nothing lacks its Welsh."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from starlette.datastructures import Headers

from monitor.locales.__main__ import extracted, kept, lacking
from monitor.web import words
from monitor.web.menu import menu
from monitor.web.site import templates
from monitor.web.translating import chosen_by, gettext, ngettext, speaking
from monitor.web.viewer import Viewer

NOW = datetime(2026, 11, 21, 21, 45, tzinfo=UTC)
HOLES = re.compile(r"%\(\w+\)s|\{\w*\}")


def test_everything_that_pages_say_has_its_welsh() -> None:
    assert lacking(kept()) == []
    there = {message.id for message in kept()}
    assert [message.id for message in extracted() if message.id not in there] == []


def test_the_welsh_has_the_same_holes_to_fill() -> None:
    for message in kept():
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        holes = {hole for one in ids for hole in HOLES.findall(one)}
        assert all(set(HOLES.findall(one)) == holes for one in said), message.id


def test_outside_a_request_and_in_an_unknown_language_it_is_english() -> None:
    assert gettext("Sources") == "Sources"
    with speaking("fr"):
        assert gettext("Sources") == "Sources"


def test_welsh_is_spoken_within_its_request_alone() -> None:
    with speaking("cy"):
        assert gettext("Sources") == "Ffynonellau"
    assert gettext("Sources") == "Sources"


def test_what_is_not_translated_is_said_in_english() -> None:
    with speaking("cy"):
        assert gettext("no page says this") == "no page says this"


def test_a_number_has_its_own_form_in_welsh() -> None:
    with speaking("cy"):
        assert [ngettext("place", "places", number) for number in (1, 2, 3, 10)] == [
            "lle", "le", "lle", "lle",
        ]  # fmt: skip


def test_a_moment_is_told_in_either_language() -> None:
    assert words.moment(NOW, NOW) == "Saturday 21 November, 21:45"
    assert words.shortly(NOW, NOW) == "today at 21:45"
    with speaking("cy"):
        assert words.moment(NOW, NOW) == "Dydd Sadwrn 21 Tachwedd, 21:45"
        assert words.shortly(NOW, NOW) == "heddiw am 21:45"


@pytest.mark.parametrize(
    ("cookie", "accepts", "usual", "chosen"),
    [
        ("", "", "en", "en"),
        ("", "cy,en;q=0.8", "en", "cy"),
        ("", "cy-GB", "en", "cy"),
        ("", "en-GB,cy;q=0.5", "en", "en"),
        ("", "en-GB", "cy", "cy"),
        ("footprint-language=en", "cy", "cy", "en"),
        ("odd=<>@; footprint-language=cy", "en", "en", "cy"),
        ("footprint-language=xx", "en", "en", "en"),
    ],
)
def test_a_browser_that_has_chosen_is_believed_first(
    cookie: str, accepts: str, usual: str, chosen: str
) -> None:
    headers = Headers({"cookie": cookie, "accept-language": accepts})
    assert chosen_by(headers, usual) == chosen


def test_nothing_that_is_put_into_a_message_becomes_markup() -> None:
    page = templates().from_string("{{ _(x) }} {{ _('in %(source)s', source=x) }}")
    shown = "&lt;b&gt;%s %(y)s"
    with speaking("cy"):
        assert page.render(x="<b>%s %(y)s") == f"{shown} yn {shown}"


def test_the_menu_has_what_is_there_and_may_be_opened() -> None:
    head = Viewer("head@a.example", "Jane", {"a": frozenset({"headteacher"})})
    helper = Viewer("it@a.example", "Sam", {"a": frozenset({"it"})})
    opens = {
        "/": frozenset({"headteacher"}),
        "/sources": frozenset({"headteacher", "it"}),
        "/elsewhere": frozenset({"headteacher", "it"}),
    }
    assert [entry.path for entry in menu(opens, head)] == ["/", "/sources"]
    assert [entry.path for entry in menu(opens, helper)] == ["/sources"]
