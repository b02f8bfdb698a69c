"""The table of steps: everything that is done again and again, whichever engine calls it."""

from __future__ import annotations

from collections.abc import Callable

from monitor import uploads
from monitor.commands._world import World, clock
from monitor.indexing import Indexer
from monitor.keeping import pictures_in_use
from monitor.presence.reminding import Reminders
from monitor.settings import School
from monitor.steps import Step
from monitor.web.keys import keys_in
from monitor.web.presence_pages import boxes_of

# Four sources are read at once, so that a few slow ones do not hold up the rest. One letter is
# carried at a time: a killed process then repeats one message at most.
POLLERS = 4
DAY = 24 * 3600
People = Callable[[], tuple[School, ...]]


def shared_steps(made: World) -> tuple[Step, ...]:
    """What the database alone is needed for: whichever process is free may do it."""
    return (
        Step("poll", made.monitor.poll_one, 2, POLLERS),
        Step("deliver", made.postroom.deliver_one, 1),
        Step("second", made.second.deliver_one, 1),
        Step("notes", made.notes.owe, 5),
        Step("escalate", made.escalations.owe_due, 15),
        Step("digest", made.digests.owe_one, 60),
        Step("capture", made.capturer.capture_one, 5),
    )


def house_steps(made: World, people: People | None) -> tuple[Step, ...]:
    """What is done where the pages and the configuration's folder are: it writes there, or looks
    after that very process.

    `people` gives every school as it is configured now; the demonstration has none.
    """
    indexer = Indexer(made.store, made.monitor.schools)
    steps = (
        Step("care", made.caretaker.round, 30),
        # More often than a beat is due, so that none is late by much.
        Step("heartbeat", made.heartbeat.ping, 5),
        Step("keep", made.keeper.keep_one, 600),
        Step("uploads", lambda: _tidy_uploads(made), DAY),
        Step("index", indexer.index_some, 2),
        Step("index tidy", indexer.tidy, DAY),
    )
    return (*steps, *_of_people(made, people)) if people else steps


def _tidy_uploads(made: World) -> None:
    """Deletes the pictures that were handed in with what is kept no more."""
    with made.store.reading() as connection:
        named = pictures_in_use(connection)
    uploads.tidy(made.monitor.settings.path(uploads.FOLDER), named, clock())


def _of_people(made: World, people: People) -> tuple[Step, ...]:
    """Sealing everybody's boxes anew each night, used or not, and the reminder of each term."""
    boxes = boxes_of(made.store, keys_in(made.monitor.settings.folder), people)
    reminders = Reminders(made.store, people, clock)
    return (
        Step("presence", lambda: boxes.tidy(clock()), DAY),
        Step("remind", reminders.owe, 600),
    )
