"""Letters that are no alerts, from a real feed to a real mail server; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from alerts.smtp import SmtpChannel
from monitor.delivery import Postroom
from monitor.settings import Mail, Person, School, Web
from monitor.store import deliveries, mentions
from monitor.store.deliveries import Delivery
from monitor.store.engine import Store
from tests import web_cast
from tests.conftest import Clock
from tests.feeds import COMPLAINT, HEAD, HOLLYBROOK, LEAD, PRAISE, THREAT, Item, Town, rss, town
from tests.mailserver import MailServer
from tests.webserver import Reply

pytestmark = pytest.mark.slow  # a server, or a process, for each test

IT = Person(name="Sam Cole", email="it@hollybrook.example", roles=("it",))
CHAIR = Person(name="Ann Bell", email="chair@hollybrook.example", roles=("chair",))
KEPT = HOLLYBROOK.model_copy(update={"people": (HEAD, LEAD, IT)})


@contextmanager
def postroom(
    it: Town, clock: Clock, school: School = KEPT
) -> Iterator[tuple[MailServer, Postroom]]:
    """The other half of the program, with a mail server that takes whatever comes."""
    with MailServer(security="none") as server:
        settings = it.monitor.settings.model_copy(
            update={
                "mail": Mail.model_validate({"from": "Footprint <footprint@hollybrook.example>"}),
                "web": Web(address="https://footprint.hollybrook.example"),
                "schools": (school,),
            }
        )
        way = SmtpChannel("127.0.0.1", server.port, "none", "", "")
        yield server, Postroom(settings, (school,), it.monitor.store, way, clock, "me")


def carried(server: MailServer, room: Postroom) -> list[tuple[str, EmailMessage]]:
    """Carry what is due: to whom, and what."""
    before = len(server.accepted)
    for _ in iter(room.deliver_one, None):
        pass
    return [(mail.recipients[0], opened(mail.content)) for mail in server.accepted[before:]]


def opened(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def words(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def outbox(store: Store, kind: str) -> list[Delivery]:
    with store.reading() as connection:
        found = deliveries.listed(connection, ["hollybrook"])
    return sorted((one for one in found if one.kind == kind), key=lambda one: one.email)


def test_a_source_that_is_gone_is_told_in_plain_words_and_so_is_its_return(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        it.server.answers["/gazette"] = Reply(status=404)
        it.monitor.poll("gazette")
        assert carried(server, room) == []
        clock.forward(minutes=15)
        ((who, gone),) = carried(server, room)
        clock.forward(days=1)
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        clock.forward(minutes=15)
        ((_, back),) = carried(server, room)
    assert who == IT.email
    assert gone["Subject"].startswith("A source is not read as it should be: gazette (")
    for kind in ("plain", "html"):
        for said in (
            "has nothing at this address (404); check the address.",
            "Tuesday 15 September at 11:00",
            "What cannot be seen meanwhile: newspapers, councils",
            "Find the new one and put it into the configuration",
            "It is next tried on Wednesday 16 September at 11:00",
            "https://footprint.hollybrook.example/sources",
            "silence from it does not mean calm",
        ):
            assert said in words(gone, kind), (kind, said)
        assert (
            "gazette is back. It was away from Tuesday 15 September at 11:00 "
            "to Wednesday 16 September at 11:15." in words(back, kind)
        )
    assert back["Subject"].startswith("A source is well again: gazette (")


def test_sources_that_break_together_make_one_letter(store: Store, clock: Clock) -> None:
    names = ("gazette", "forum", "council")
    with town(store, clock, *names, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        for name in names:
            it.server.answers[f"/{name}"] = Reply(status=403)
            it.monitor.poll(name)
            clock.forward(minutes=5)
        ((_, message),) = carried(server, room)
    assert message["Subject"].startswith("3 sources are not read as they should be (")
    for name in names:
        assert name.upper() in words(message)


def test_what_breaks_and_mends_before_the_letter_leaves_is_told_as_mended(
    store: Store, clock: Clock
) -> None:
    names = ("gazette", "forum")
    with town(store, clock, *names, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        for name in names:
            it.server.answers[f"/{name}"] = Reply(status=404)
            it.monitor.poll(name)
        it.server.answers["/forum"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("forum")
        clock.forward(minutes=15)
        ((_, message),) = carried(server, room)
    assert message["Subject"].startswith("Sources: 1 not read as they should be, 1 well again")
    assert "forum is back" in words(message)


def test_a_source_letter_holds_no_word_of_any_post(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        it.server.answers["/gazette"] = rss(Item(THREAT, "1", author="Zebedee"))
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = Reply(status=410)
        it.monitor.poll("gazette")
        clock.forward(hours=1)
        (letter,) = [m for who, m in carried(server, room) if who == IT.email]
    for secret in ("knife", "stab", "Zebedee"):
        assert secret not in letter.as_string()


def test_every_alert_goes_before_news_of_a_source(store: Store, clock: Clock) -> None:
    with town(store, clock, "gazette", "forum", schools=(KEPT,)) as it:
        with postroom(it, clock) as (server, room):
            it.server.answers |= {"/gazette": Reply(status=404), "/forum": rss(Item(THREAT, "1"))}
            it.monitor.poll("gazette")
            clock.forward(hours=1)
            it.monitor.poll("forum")
            assert [who for who, _ in carried(server, room)][-1] == IT.email


def test_news_of_a_source_that_the_server_defers_goes_again_to_the_byte(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        server.on("accepted", drop=True, times=1)
        it.server.answers["/gazette"] = Reply(status=404)
        it.monitor.poll("gazette")
        clock.forward(minutes=15)
        carried(server, room)
        clock.forward(minutes=5)
        carried(server, room)
    first, second = server.accepted
    assert first.content == second.content


def test_where_the_keeper_has_gone_another_hears_of_the_source(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = Reply(status=404)
        it.monitor.poll("gazette")
        clock.forward(minutes=15)
        with postroom(it, clock, HOLLYBROOK) as (server, room):
            assert [who for who, _ in carried(server, room)] == [HEAD.email]


def old_news(clock: Clock) -> bytes:
    """A fresh threat, and older and lesser posts that were there as well."""
    old = clock.now - timedelta(days=9)
    return rss(
        Item(THREAT, "1", published=clock.now - timedelta(hours=1)),
        Item(f"{THREAT}, again", "2", published=old, link="https://gazette.example/2"),
        Item(COMPLAINT, "3", published=clock.now - timedelta(hours=2)),
        Item(PRAISE, "4", published=old),
    )


def test_what_was_there_at_first_sight_is_one_summary_at_the_next_opening(
    store: Store, clock: Clock
) -> None:
    clock.forward(days=4)  # Saturday
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        it.server.answers["/gazette"] = old_news(clock)
        assert it.monitor.poll("gazette").alerted == 1
        urgent = [who for who, _ in carried(server, room)]
        it.monitor.poll("gazette")
        clock.forward(days=1, hours=20, minutes=29)
        assert carried(server, room) == []
        clock.forward(minutes=1)
        summaries = dict(carried(server, room))
    assert sorted(urgent) == [LEAD.email, HEAD.email]
    assert sorted(summaries) == [LEAD.email, HEAD.email]
    head, lead = summaries[HEAD.email], summaries[LEAD.email]
    assert head["Subject"].startswith("What gazette held when it was first read (")
    for kind in ("plain", "html"):
        assert "1 urgent" in words(head, kind)
        assert "1 to respond to" in words(head, kind)
        assert "to respond to" not in words(lead, kind)
        assert "https://gazette.example/2" in words(head, kind)
        assert "posted Thursday 10 September at 11:00" in words(head, kind)
        assert "https://footprint.hollybrook.example/mentions/" in words(head, kind)


def test_a_summary_holds_no_word_and_no_name(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        old = clock.now - timedelta(days=9)
        it.server.answers["/gazette"] = rss(
            Item(THREAT, "1", published=old, author="Zebedee", title="Knife at Hollybrook")
        )
        it.monitor.poll("gazette")
        for _, letter in carried(server, room):
            for secret in ("knife", "stab", "Zebedee"):
                assert secret not in letter.as_string().casefold(), secret
    assert len(server.accepted) == 2


def test_nobody_is_summed_up_a_post_that_speaks_of_themself(store: Store, clock: Clock) -> None:
    school = KEPT.model_copy(update={"people": (HEAD, LEAD, CHAIR)})
    allegation = "Jane Ashdown, head of Hollybrook Primary School, has been touching my daughter"
    with town(store, clock, schools=(school,)) as it:
        with postroom(it, clock, school) as (server, room):
            old = clock.now - timedelta(days=9)
            it.server.answers["/gazette"] = rss(
                Item(allegation, "1", published=old, link="https://gazette.example/allegation"),
                Item(THREAT, "2", published=old, link="https://gazette.example/threat"),
            )
            it.monitor.poll("gazette")
            told = {who: words(message) for who, message in carried(server, room)}
    assert "/threat" in told[HEAD.email]
    assert "/allegation" not in told[HEAD.email]
    assert "/allegation" in told[LEAD.email]
    assert "/allegation" in told[CHAIR.email]


def test_thirty_are_listed_and_the_rest_counted(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        old = clock.now - timedelta(days=9)
        it.server.answers["/gazette"] = rss(
            *(Item(f"{THREAT} {n}", str(n), published=old) for n in range(33))
        )
        it.monitor.poll("gazette")
        told = [words(message) for _, message in carried(server, room)]
    assert len(told) == 2
    for text in told:
        assert "33 urgent" in text
        assert "30. Urgent" in text
        assert "31. Urgent" not in text
        assert "And 3 more" in text


def test_what_was_corrected_away_meanwhile_is_not_summed_up(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it, postroom(it, clock) as (server, room):
        old = clock.now - timedelta(days=9)
        it.server.answers["/gazette"] = rss(Item(THREAT, "1", published=old))
        it.monitor.poll("gazette")
        with store.writing() as connection:
            (mention,) = mentions.listed(connection)
            mentions.revise(connection, replace(mention, relevant=False))
        assert carried(server, room) == []
    assert {letter.state for letter in outbox(store, "summary")} == {"dropped"}


def test_the_pages_show_the_letters_and_miss_nobody_who_is_told_by_a_summary(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, "gazette", "forum", schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(
            Item(THREAT, "1", published=clock.now - timedelta(days=9))
        )
        it.server.answers["/forum"] = Reply(status=404)
        it.monitor.poll("gazette")
        it.monitor.poll("forum")
        with web_cast.served(store, it.monitor.settings, clock=clock, schools=(KEPT,)) as web:
            mail = web_cast.ask(web, "/mail").text
            front = web_cast.ask(web, "/").text
            (news,) = outbox(store, "source")
            assert "how sources are, forum" in web_cast.ask(web, f"/mail/{news.id}").text.casefold()
    assert "To Sam Cole, IT support" in mail
    assert "About how sources are, forum among them" in mail
    assert "About what gazette held when it was first read" in mail
    assert "nobody has been mailed" not in front


@pytest.mark.parametrize("text", [PRAISE, "Rain is expected"])
def test_a_source_without_old_trouble_sends_no_summary(
    store: Store, clock: Clock, text: str
) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(Item(text, "1"))
        it.monitor.poll("gazette")
    assert outbox(store, "summary") == []
