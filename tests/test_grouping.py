"""From feeds to incidents: what belongs together, when a new alert goes out, who may do what."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from monitor import grouping
from monitor.incidents import FOOTPRINT, NotAllowed
from monitor.judge.terms import Level
from monitor.settings import Person
from monitor.store import audit, corrections, deliveries, escalations, incidents, mentions
from monitor.store.corrections import Said
from monitor.store.deliveries import Delivery
from monitor.store.engine import Store
from monitor.store.incidents import Act, Incident
from monitor.store.mentions import Mention
from monitor.store.opening import open_store
from tests.conftest import Clock
from tests.feeds import COMPLAINT, HEAD, HOLLYBROOK, LEAD, PRAISE, THREAT, Item, Town, rss, town
from tests.test_intake import NOW, judged, post, read
from tests.test_pipeline import AGENCY, copies
from tests.test_store import OF_0003, at_step

pytestmark = pytest.mark.slow  # a server and a database for each test

PAGE = "https://forum.example/t/12"
UNANSWERED = (
    "Nobody at Hollybrook Primary School answers about the bus: three letters, and not one reply"
)
LUNCHES = "I am so angry with Hollybrook Primary School: my girl was left without lunch, twice now"


def all_of(store: Store) -> tuple[Incident, ...]:
    with store.reading() as connection:
        found = incidents.listed(connection, ["hollybrook"])
    return tuple(sorted(found, key=lambda incident: incident.opened_at))


def only(store: Store) -> Incident:
    (incident,) = all_of(store)
    return incident


def members(store: Store, incident: Incident) -> tuple[Mention, ...]:
    with store.reading() as connection:
        return mentions.several(connection, incidents.mentions_of(connection, incident.id))


def acts(store: Store, incident: Incident) -> list[str]:
    return [act.kind for act in all_acts(store, incident)]


def all_acts(store: Store, incident: Incident) -> tuple[Act, ...]:
    with store.reading() as connection:
        return incidents.acts_of(connection, [incident.id])


def owed(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        found = deliveries.listed(connection, ["hollybrook"])
    return sorted(found, key=lambda delivery: (delivery.owed_at, delivery.email))


def begin(it: Town, names: Sequence[str] = ("gazette",)) -> None:
    """Read each place once, so that what comes after is new."""
    it.server.answers |= {f"/{name}": rss(Item(PRAISE, f"{name}-0")) for name in names}
    for name in names:
        it.monitor.poll(name)


def say(it: Town, name: str, *items: Item) -> int:
    """How many posts owe an alert, of those that a place now has beside what it had."""
    it.server.answers[f"/{name}"] = rss(Item(PRAISE, f"{name}-0"), *items)
    return it.monitor.poll(name).alerted


def test_one_story_in_five_places_is_one_incident_and_one_alert(store: Store, clock: Clock) -> None:
    names = ("gazette", "courier", "alerts", "voice", "search")
    with town(store, clock, *names) as it:
        begin(it, names)
        it.server.answers |= copies()
        for name in names:
            it.monitor.poll(name)
    incident = only(store)
    assert (incident.level, incident.state, incident.owner) == ("respond", "open", "")
    assert incident.places == len(members(store, incident)) == 5
    assert "complaint" in incident.kinds
    assert acts(store, incident) == ["opened"]
    assert [alert.email for alert in owed(store)] == [HEAD.email]


def test_two_stories_are_two_incidents(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        assert say(it, "gazette", Item(THREAT, "1"), Item(COMPLAINT, "2")) == 2
    assert sorted(incident.level for incident in all_of(store)) == ["respond", "urgent"]


def test_what_needs_no_response_opens_nothing(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
    assert all_of(store) == ()


def test_old_posts_of_a_new_source_have_their_incident_though_a_summary_tells_them(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(COMPLAINT, "1"))
        assert it.monitor.poll("gazette").alerted == 0
    assert [letter.kind for letter in owed(store)] == ["summary"]
    assert only(store).level == "respond"


def test_answers_on_one_page_join_its_incident_and_are_told_once(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(COMPLAINT, "1", link=PAGE)
        answers = [
            Item(UNANSWERED, "2", link=f"{PAGE}#comment-2"),
            Item(f"{PRAISE} indeed", "3", link=f"{PAGE}?page=2#comment-3"),
        ]
        assert say(it, "gazette", first) == 1
        clock.forward(minutes=5)
        assert say(it, "gazette", first, *answers) == 0
    incident = only(store)
    assert len(members(store, incident)) == 3
    assert incident.places == 1
    assert {letter.kind for letter in owed(store)} == {"alert"}
    assert len(owed(store)) == 1


def test_what_was_said_calmly_before_joins_the_incident_of_its_page(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        begin(it)
        calm = Item("Hollybrook Primary School is closed on Friday", "1", link=PAGE)
        say(it, "gazette", calm)
        assert all_of(store) == ()
        say(it, "gazette", calm, Item(COMPLAINT, "2", link=f"{PAGE}#comment-2"))
    assert len(members(store, only(store))) == 2


def test_an_answer_that_is_worse_alerts_and_raises_the_incident(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(COMPLAINT, "1", link=PAGE)
        say(it, "gazette", first)
        assert say(it, "gazette", first, Item(THREAT, "2", link=f"{PAGE}#comment-2")) == 1
    incident = only(store)
    assert incident.level == "urgent"
    assert acts(store, incident) == ["opened", "raised"]
    assert [letter.level for letter in owed(store)].count("urgent") == 2


def test_a_post_that_is_edited_into_a_threat_is_an_incident(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        say(it, "gazette", Item("Hollybrook Primary School is closed on Friday", "1"))
        assert say(it, "gazette", Item(THREAT, "1")) == 1
    assert only(store).level == "urgent"


def spreading(it: Town, clock: Clock, names: Sequence[str]) -> None:
    """The story of `copies` first in one place, and twenty minutes later in the others."""
    first, *others = names
    begin(it, names)
    told = copies()
    it.server.answers[f"/{first}"] = told[f"/{first}"]
    it.monitor.poll(first)
    for name in others:
        clock.forward(minutes=20)
        it.server.answers[f"/{name}"] = told[f"/{name}"]
        it.monitor.poll(name)


NAMES = ("gazette", "courier", "voice", "alerts", "search")


def test_a_story_that_reaches_three_new_places_is_told_once_more(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, *NAMES) as it:
        begin(it, NAMES)
        it.server.answers["/gazette"] = copies()["/gazette"]
        it.monitor.poll("gazette")
        with store.writing() as connection:
            connection.execute(text("UPDATE delivery SET state = 'sent', message_id = '<1@x>'"))
        spreading(it, clock, NAMES)
    incident = only(store)
    assert acts(store, incident) == ["opened", "spread"]
    first, told = owed(store)
    assert (told.kind, told.level, told.email) == ("alert", "respond", first.email)
    assert told.subject.startswith(f"{incident.id} spread ")
    assert told.mention_id == incident.first_mention == first.mention_id
    assert told.facts["incident"] == incident.id
    assert told.facts["spread"]["places"] == 3
    assert incident.last_spread_at is not None


def test_a_spread_is_said_in_the_alert_that_is_not_written_yet(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 9, 15, 20, 0, tzinfo=UTC)  # the school is shut: it waits
    with town(store, clock, *NAMES) as it:
        spreading(it, clock, NAMES)
    (letter,) = owed(store)
    assert letter.facts["spread"]["places"] == 3
    assert acts(store, only(store)) == ["opened", "spread"]


def test_three_answers_within_two_hours_are_a_spread(store: Store, clock: Clock) -> None:
    said = [COMPLAINT, UNANSWERED, LUNCHES, f"{AGENCY} Shame on them."]
    links = [PAGE, *(f"{PAGE}#comment-{number}" for number in range(3))]
    items = [Item(words, link, link=link) for words, link in zip(said, links, strict=True)]
    with town(store, clock) as it:
        begin(it)
        say(it, "gazette", items[0])
        clock.forward(minutes=30)
        say(it, "gazette", *items[:3])
        assert acts(store, only(store)) == ["opened"]
        clock.forward(minutes=30)
        say(it, "gazette", *items)
    assert acts(store, only(store)) == ["opened", "spread"]
    assert all_acts(store, only(store))[-1].facts["replies"] == 3


def closed(store: Store, clock: Clock) -> Incident:
    incident = only(store)
    with store.writing() as connection:
        incidents.take(connection, incident.id, LEAD.email, clock.now)
        incidents.close(connection, incident.id, LEAD.email, clock.now, "They have been answered")
    return only(store)


def test_a_closed_incident_is_reopened_by_a_new_urgent_mention(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(COMPLAINT, "1", link=PAGE)
        say(it, "gazette", first)
        assert (closed(store, clock).state, only(store).outcome) == (
            "closed",
            "They have been answered",
        )
        clock.forward(days=1)
        say(it, "gazette", first, Item(THREAT, "2", link=f"{PAGE}#comment-2"))
    incident = only(store)
    assert (incident.state, incident.owner, incident.outcome) == ("open", "", "")
    assert acts(store, incident) == ["opened", "taken", "closed", "reopened", "raised"]
    reopened = all_acts(store, incident)[3]
    (threat,) = [one for one in members(store, incident) if one.level == "urgent"]
    assert (reopened.who, reopened.facts) == (FOOTPRINT, {"mention": threat.id})


def test_what_turns_urgent_after_somebody_took_it_must_be_taken_anew(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(COMPLAINT, "1", link=PAGE)
        say(it, "gazette", first)
        with store.writing() as connection:
            incidents.take(connection, only(store).id, HEAD.email, clock.now)
        clock.forward(hours=9)
        say(it, "gazette", first, Item(THREAT, "2", link=f"{PAGE}#comment-2"))
        nobody_has_it = only(store)
        with store.reading() as connection:
            (waiting,) = escalations.untaken(connection, ["hollybrook"])
    assert (nobody_has_it.state, nobody_has_it.owner) == ("open", "")
    assert acts(store, nobody_has_it) == ["opened", "taken", "reopened", "raised"]
    assert waiting.opened_at == clock.now


def test_nobody_goes_on_having_what_turns_out_to_be_about_them(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(THREAT, "1", link=PAGE)
        say(it, "gazette", first)
        with store.writing() as connection:
            incidents.take(connection, only(store).id, LEAD.email, clock.now)
        worse = "Priya Nair at Hollybrook Primary School hit my son, and nobody does anything"
        say(it, "gazette", first, Item(worse, "2", link=f"{PAGE}#comment-2"))
    incident = only(store)
    assert LEAD.email in incident.about
    assert (incident.state, incident.owner) == ("open", "")


def test_a_new_answer_to_what_was_closed_alerts_and_a_mere_copy_does_not(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, "gazette", "courier") as it:
        begin(it, ("gazette", "courier"))
        first = Item(AGENCY, "1", link=PAGE)
        say(it, "gazette", first)
        closed(store, clock)
        clock.forward(hours=3)
        assert say(it, "courier", Item(AGENCY, "9", link="https://courier.example/9")) == 0
        assert only(store).state == "closed"
        assert say(it, "gazette", first, Item(UNANSWERED, "2", link=f"{PAGE}#comment-2")) == 1
    assert only(store).state == "open"


def test_a_mention_and_its_incident_are_kept_together_or_not_at_all(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        begin(it)
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE act RENAME TO elsewhere"))
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"))
        assert it.monitor.poll("gazette").health == "failing"
        with store.reading() as connection:
            assert mentions.listed(connection, level="urgent") == ()
        assert owed(store) == []
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO act"))
        assert it.monitor.poll("gazette").alerted == 1
    assert acts(store, only(store)) == ["opened"]


def test_nobody_takes_closes_or_is_given_what_is_about_them(store: Store, clock: Clock) -> None:
    chair = Person(name="Ann Bell", email="chair@hollybrook.example", roles=("chair",))
    school = HOLLYBROOK.model_copy(update={"people": (*HOLLYBROOK.people, chair)})
    words = "Jane Ashdown, head of Hollybrook Primary School, has been touching my daughter"
    with town(store, clock, schools=(school,)) as it:
        begin(it)
        say(it, "gazette", Item(words, "1"))
    incident = only(store)
    assert incident.about == (HEAD.email,)
    with store.writing() as connection:
        with pytest.raises(NotAllowed, match="about you, or may be: somebody else must take it"):
            incidents.take(connection, incident.id, "Head@hollybrook.example", clock.now)
        with pytest.raises(NotAllowed, match="somebody else must close it"):
            incidents.close(connection, incident.id, HEAD.email, clock.now, "Nothing in it")
        with pytest.raises(NotAllowed, match="give it to somebody else"):
            incidents.assign(connection, incident.id, chair.email, clock.now, to=HEAD.email)
        with pytest.raises(NotAllowed, match="somebody else must hand it on"):
            incidents.assign(connection, incident.id, HEAD.email, clock.now, to=chair.email)
        with pytest.raises(NotAllowed, match="somebody else must let it wait"):
            incidents.wait(connection, incident.id, HEAD.email, clock.now, "The police")
        incidents.assign(connection, incident.id, LEAD.email, clock.now, to=chair.email)
    assert (only(store).state, only(store).owner) == ("taken", chair.email)


def test_whoever_lets_it_wait_has_it(store: Store, clock: Clock, incident: Incident) -> None:
    with store.writing() as connection:
        incidents.wait(connection, incident.id, LEAD.email, clock.now, "The police")
    assert (only(store).state, only(store).owner) == ("waiting", LEAD.email)


def test_who_is_named_later_is_barred_from_then_on(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        first = Item(COMPLAINT, "1", link=PAGE)
        say(it, "gazette", first)
        assert only(store).about == ()
        worse = "Priya Nair at Hollybrook Primary School hit my son, and nobody does anything"
        say(it, "gazette", first, Item(worse, "2", link=f"{PAGE}#comment-2"))
        assert only(store).about == (LEAD.email,)
        with store.writing() as connection:
            incidents.bar(connection, only(store).id, [HEAD.email, LEAD.email])
    assert only(store).about == (LEAD.email, HEAD.email)


@pytest.fixture
def incident(store: Store, clock: Clock) -> Incident:
    """A complaint that nobody has taken."""
    intake = read([post(1, "respond"), post(2, "routine")])
    with store.writing() as connection:
        mentions.add(connection, [mention for mention, _, _ in intake.new])
        grouping.keep(connection, intake, {"hollybrook": HOLLYBROOK}, clock.now)
    return only(store)


def test_every_act_is_kept_with_its_time_and_person(
    store: Store, clock: Clock, incident: Incident
) -> None:
    with store.writing() as connection:
        incidents.take(connection, incident.id, HEAD.email, clock.forward(minutes=1))
        incidents.note(connection, incident.id, HEAD.email, clock.forward(minutes=1), " Rang her ")
        incidents.step_done(connection, incident.id, LEAD.email, clock.forward(minutes=1), "c3")
        report = {"platform": "Facebook", "reference": "F-17"}
        incidents.act(
            connection, incident.id, "reported", LEAD.email, clock.forward(minutes=1), facts=report
        )
        incidents.close(connection, incident.id, HEAD.email, clock.forward(minutes=1), "Met them")
        incidents.reopen(
            connection, incident.id, LEAD.email, clock.forward(minutes=1), "It is back"
        )
    opened, taken, noted, ticked, reported, ended, again = all_acts(store, incident)
    assert (opened.who, opened.at) == (FOOTPRINT, incident.opened_at)
    assert (taken.kind, taken.who, noted.note) == ("taken", HEAD.email, "Rang her")
    assert (ticked.facts, ticked.who) == ({"step": "c3"}, LEAD.email)
    assert reported.facts == report
    assert (ended.note, again.note, again.at) == ("Met them", "It is back", clock.now)
    assert only(store).changed_at == clock.now
    with store.reading() as connection:
        trail = audit.listed(connection, subject=incident.id)
    assert [row.act for row in reversed(trail)] == [
        f"incident.{act.kind}" for act in (taken, noted, ticked, reported, ended, again)
    ]


def test_what_may_not_be_done_is_refused_in_one_line_and_leaves_nothing(
    store: Store, clock: Clock, incident: Incident
) -> None:
    now, one = clock.now, incident.id
    with store.writing() as connection:
        for refused in (
            lambda: incidents.take(connection, "0" * 32, HEAD.email, now),
            lambda: incidents.note(connection, one, HEAD.email, now, " \n "),
            lambda: incidents.note(connection, one, HEAD.email, now, "x" * 4001),
            lambda: incidents.note(connection, one, HEAD.email, now, "a\x1b[2Jb"),
            lambda: incidents.close(connection, one, HEAD.email, now, ""),
            lambda: incidents.reopen(connection, one, HEAD.email, now),
            lambda: incidents.act(
                connection, one, "reported", HEAD.email, now, facts={"reference": "a\nb"}
            ),
        ):
            with pytest.raises(NotAllowed) as caught:
                refused()
            assert "\n" not in str(caught.value)
        with pytest.raises(ValueError, match="a function of its own"):
            incidents.act(connection, one, "closed", HEAD.email, now)
    assert acts(store, incident) == ["opened"]


def test_of_two_who_take_it_at_once_both_are_known_and_one_has_it(
    store: Store, clock: Clock, incident: Incident
) -> None:
    def take(email: str) -> None:
        with store.writing() as connection:
            incidents.take(connection, incident.id, email, clock.now)

    people = [threading.Thread(target=take, args=(one.email,)) for one in (HEAD, LEAD)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    _, first, second = all_acts(store, incident)
    assert only(store).owner == second.who != first.who
    assert second.facts == {"from": first.who}
    with store.writing() as connection:
        with pytest.raises(NotAllowed, match="you have this incident already"):
            incidents.take(connection, incident.id, second.who.upper(), clock.now)


def test_a_mention_knows_its_incident(store: Store, incident: Incident) -> None:
    with store.reading() as connection:
        (mention,) = mentions.listed(connection, level="respond")
        (calm,) = mentions.listed(connection, level="routine")
        assert mention.incident == incident.id
        assert incidents.of_mention(connection, mention.id) == incident
        assert incidents.of_mention(connection, calm.id) is None
        assert incidents.starting(connection, incident.id[:8]) == (incident.id,)
        assert incidents.one(connection, incident.id) == incident
        assert incidents.listed(connection, ["elmside"]) == ()
        assert incidents.listed(connection, ["hollybrook"], ["closed"]) == ()


def test_the_urgent_stand_first_and_then_what_changed_last(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        begin(it)
        items = [Item(COMPLAINT, "1"), Item(THREAT, "2"), Item(AGENCY, "3")]
        for number in range(3):
            clock.forward(minutes=1)
            say(it, "gazette", *items[: number + 1])
    with store.reading() as connection:
        found = incidents.listed(connection, ["hollybrook"])
    assert [incident.level for incident in found] == ["urgent", "respond", "respond"]
    assert found[1].changed_at > found[2].changed_at


def test_a_schools_incident_is_not_anothers(store: Store, clock: Clock) -> None:
    elmside = HOLLYBROOK.model_copy(update={"id": "elmside", "name": "Elmside Academy"})
    both = f"{COMPLAINT}. And Elmside Academy have done nothing about the bullying either"
    with town(store, clock, schools=(HOLLYBROOK, elmside)) as it:
        begin(it)
        say(it, "gazette", Item(both, "1", link=PAGE))
    with store.reading() as connection:
        found = incidents.listed(connection, ["hollybrook", "elmside"])
    assert sorted(incident.school for incident in found) == ["elmside", "hollybrook"]


def said(level: Level, clock: Clock) -> Said:
    return Said("level", level, (), "", HEAD.email, clock.forward(minutes=1))


def test_what_a_person_puts_higher_has_its_incident_and_lower_is_less_grave(
    store: Store, clock: Clock, incident: Incident
) -> None:
    with store.writing() as connection:
        (calm,) = mentions.listed(connection, level="routine")
        (grave,) = mentions.listed(connection, level="respond")
        for mention in (calm, grave):
            mentions.keep_judgements(
                connection, [(mention, judged(Level(mention.level)))], "0", NOW
            )
        raised = corrections.keep(connection, calm, said(Level.RESPOND, clock))
        corrections.keep(connection, calm, said(Level.URGENT, clock))
        corrections.keep(connection, grave, said(Level.WATCH, clock))
    first, made = all_of(store)
    assert (first.id, first.level) == (incident.id, "respond")  # nobody is left out of the list
    assert acts(store, first) == ["opened", "corrected"]
    assert (made.first_mention, made.level, made.places) == (calm.id, "urgent", 1)
    assert acts(store, made) == ["opened", "corrected", "raised", "corrected"]
    assert {act.who for act in all_acts(store, made)} == {HEAD.email}
    with store.writing() as connection:
        corrections.undo(connection, raised.number + 1, LEAD.email, clock.forward(minutes=1))
    undone = all_acts(store, made)[-1]
    assert (undone.kind, undone.who, undone.facts) == (
        "corrected",
        LEAD.email,
        {"undone": raised.number + 1},
    )
    assert all_of(store)[1].level == "respond"


def test_what_an_older_version_kept_has_its_incidents(database_url: str) -> None:
    old = at_step(database_url, "0003")
    with old.writing() as connection:
        for statement in OF_0003.split(";"):
            connection.execute(text(statement))
    old.close()
    store = open_store(database_url)
    incident = only(store)
    assert (incident.level, incident.state, incident.first_mention) == ("urgent", "open", "m1")
    assert incident.opened_at == NOW
    assert [mention.id for mention in members(store, incident)] == ["m1"]
    (opened,) = all_acts(store, incident)
    assert (opened.kind, opened.who, opened.at) == ("opened", FOOTPRINT, NOW)
    store.close()
