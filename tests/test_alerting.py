"""An alert as the database stands when it is written: its link, its incident, who has it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from alerts.base import Notice
from monitor import alerting
from monitor.links_signed import opened
from monitor.store import deliveries, incidents
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.store.names import key_of_links
from tests import web_cast
from tests.web_cast import HEAD, LEAD, NOW, SCHOOL, deal, keep, mention, named

pytestmark = pytest.mark.slow  # a database for each test
WEB = "https://footprint.hollybrook.example"
FIRST = mention("first", "Somebody will be hurt", level="urgent", categories=("threat",))
SECOND = mention("second", "It will be Monday", level="urgent", categories=("threat",))


def tell(store: Store, *about: Mention) -> None:
    """Keep mentions of which the headteacher is owed an alert."""
    keep(store, *about)
    for one in about:
        web_cast.owe(store, one)


def notice(store: Store, about: Mention, web: str = WEB) -> Notice:
    with store.reading() as connection:
        delivery = deliveries.one(connection, named(f"{about.id}{HEAD.email}"))
        assert delivery is not None
        return alerting.noticed(connection, about, SCHOOL, delivery, web, NOW)(("dsl",))


def test_the_link_opens_the_page_of_that_post_for_seven_days(small: Store) -> None:
    tell(small, FIRST)
    link = notice(small, FIRST).page
    assert link.startswith(f"{WEB}/letter/{FIRST.id}?")
    own = link.removeprefix(WEB)
    with small.reading() as connection:
        key = key_of_links(connection)
    assert opened(own, key, NOW + timedelta(days=6, hours=23)) == "open"
    assert opened(own, key, NOW + timedelta(days=7)) == "expired"
    assert urlsplit(link).path == f"/letter/{FIRST.id}"


def test_where_the_pages_have_no_address_there_is_no_link(small: Store) -> None:
    tell(small, FIRST)
    found = notice(small, FIRST, "")
    assert (found.page, found.page_until) == ("", "")


def test_the_letters_of_one_incident_have_one_thread_and_reference(small: Store) -> None:
    tell(small, FIRST, SECOND)
    apart = notice(small, FIRST), notice(small, SECOND)
    assert apart[0].thread != apart[1].thread
    name = deal(small, FIRST, SECOND)
    together = notice(small, FIRST), notice(small, SECOND)
    assert {each.thread for each in together} == {name}
    assert {each.reference for each in together} == {name[:8]}


def test_a_copy_of_a_post_stands_with_the_first_one(small: Store) -> None:
    copy = mention("copy", "Somebody will be hurt", level="urgent", same_as=FIRST.id)
    tell(small, FIRST, copy)
    assert notice(small, FIRST).thread == notice(small, copy).thread == FIRST.id


def test_whoever_has_taken_it_is_named_by_their_role(small: Store) -> None:
    tell(small, FIRST)
    name = deal(small, FIRST)
    assert notice(small, FIRST).taken == ""
    with small.writing() as connection:
        incidents.take(connection, name, LEAD.email, NOW)
    assert notice(small, FIRST).taken == "the safeguarding lead"


def test_no_name_of_a_person_is_in_it(small: Store) -> None:
    tell(small, FIRST)
    said = str(notice(small, FIRST))
    assert HEAD.name not in said
    assert FIRST.text not in said
