"""`make bench`: how much cheaper each stage is than its yardstick; no pass, no fail.

Machines drift: the two sides run in turn (A B A B ...), in processor time, and the figure is the
median of the round-by-round ratios, with the smallest and largest beside it.
"""

from __future__ import annotations

import hashlib
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import feedparser
from bs4 import BeautifulSoup
from rich.console import Console
from rich.table import Table
from sqlmodel import Session
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks import million
from benchmarks.against_reader import against_reader
from benchmarks.nearness import near_copies
from benchmarks.timing import ROUNDS, SEED, ratios, seconds
from monitor.copies import Text
from monitor.intake import Intake, Reading, take_in
from monitor.judge import Judge
from monitor.judge.canonical import canonical
from monitor.judge.match import Matcher
from monitor.judge.terms import Watch, Words
from monitor.judge.vader import compound
from monitor.settings import School
from monitor.store import mentions
from monitor.store.opening import open_store
from monitor.store.tables import Mention as MentionRow
from monitor.stories import Recalled
from sources.base import Post, Response
from sources.formats.xml import read_xml
from sources.parsing import Parser
from sources.parsing_child import read_feed
from sources.text import plain
from tests.test_store import NOW, a_mention

ENTRIES = 50
FIELDS = "a feed of 50 entries to fields"
UNCHANGED = "an unchanged body recognised"
# How often ours was run for each run of the yardstick, where one run is too short to time.
TIMES = {FIELDS: 10, UNCHANGED: 100}
TEXT = """the school parents told us after lunch that year six had a really good day at the farm and
nobody was late but the bus broke down again which is terrible for everyone who waits in the rain
with small children thank you to the kind staff who helped I am very angry about parking"""
WORDS = TEXT.split()
TURNS = ("but", "not", "never so", "isn't", "at least", "kind of", "no", "\U0001f600", "\U0001f62d")


def sentence(chance: random.Random, words: int) -> str:
    """So many words in a row."""
    return " ".join(chance.choice(WORDS) for _ in range(words))


def post(chance: random.Random) -> str:
    """Five to sixty words with capitals, turns of phrase, marks and emoji among them."""
    words = sentence(chance, chance.randint(5, 60)).split()
    for place, word in enumerate(words):
        if chance.random() < 0.2:
            words[place] = chance.choice([word.upper(), f"{word}!", *TURNS])
    return " ".join(words)


def feed(chance: random.Random) -> bytes:
    """Fifty entries of about 500 characters of HTML each."""
    items = "".join(
        f"<item><guid>tag:town.example,{n}</guid><title>{sentence(chance, 8)}</title>"
        f"<link>https://town.example/{n}</link><pubDate>Tue, 15 Sep 2026 10:00:00 GMT</pubDate>"
        f"<description><![CDATA[<p>{sentence(chance, 45)}</p><p>{sentence(chance, 45)}</p>]]>"
        "</description></item>"
        for n in range(ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


@contextmanager
def _parser() -> Iterator[Parser]:
    parser = Parser()
    try:
        yield parser
    finally:
        parser.close()


def reading(chance: random.Random) -> Iterator[tuple[str, str, list[float]]]:
    """Feeds, unchanged bodies and HTML."""
    body = feed(chance)
    text = body.decode()
    yield (
        FIELDS,
        "feedparser, as it comes",
        ratios(
            lambda: feedparser.parse(BytesIO(body)),
            lambda: [read_xml(text, "https://town.example/") for _ in range(10)],
        ),
    )
    yield (
        "the same with plain words, dates and the record kept",
        "feedparser, as it comes",
        ratios(
            lambda: feedparser.parse(BytesIO(body)),
            lambda: read_feed(body, "https://town.example/", "utf-8"),
        ),
    )
    yield (
        UNCHANGED,
        "feedparser again",
        ratios(
            lambda: feedparser.parse(BytesIO(body)),
            lambda: [hashlib.blake2b(body, digest_size=16).digest() for _ in range(100)],
        ),
    )
    html = [f"<div><p>{sentence(chance, 45)}</p> &amp; <b>x</b></div>" for _ in range(300)]
    yield (
        "HTML to plain words",
        "BeautifulSoup, html.parser",
        ratios(
            lambda: [BeautifulSoup(text, "html.parser").get_text(" ") for text in html],
            lambda: [plain(text) for text in html],
        ),
    )


def judging(chance: random.Random) -> Iterator[tuple[str, str, list[float]]]:
    """Matching and mood."""
    names = [f"{sentence(chance, 2)} {n} primary school" for n in range(10_000)]
    posts = [f"{sentence(chance, 50)} {chance.choice(names)}" for _ in range(20)]
    matcher = Matcher([Watch(id=str(n), name=name) for n, name in enumerate(names)])
    patterns = [re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE) for name in names]
    yield (
        "20 posts against 10,000 names",
        "one regular expression a name",
        ratios(
            lambda: [pattern.search(post) for post in posts for pattern in patterns],
            lambda: [matcher.spot(canonical(post)) for post in posts],
        ),
    )
    analyzer = SentimentIntensityAnalyzer()
    many = [post(chance) for _ in range(300)]
    yield (
        "mood of 300 posts, identical scores",
        "vaderSentiment",
        ratios(
            lambda: [analyzer.polarity_scores(post) for post in many],
            lambda: [compound(post) for post in many],
        ),
    )


def growth(chance: random.Random) -> str:
    """What a long list of names costs beside a list of one, and what one more costs."""
    posts = [canonical(f"{sentence(chance, 50)} {n}") for n in range(200)]
    names = [f"{sentence(chance, 2)} {n} primary school" for n in range(100_000)]
    small = Matcher([Watch(id="one", name=names[0])])
    large = Matcher([Watch(id=str(n), name=name) for n, name in enumerate(names)])
    slower = ratios(
        lambda: [large.spot(post) for post in posts], lambda: [small.spot(post) for post in posts]
    )
    fresh = [
        Watch(id=f"new-{n}", name=f"{sentence(chance, 2)} {n} academy", places=("Stanwick",))
        for n in range(50)
    ]
    more = [seconds(partial(large.add, watch)) for watch in fresh]
    return (
        f"100,000 names against 1: {statistics.median(slower):.1f} times the time for 200 posts; "
        f"one name more: {statistics.median(more) * 1000:.2f} ms"
    )


def storing(chance: random.Random) -> Iterator[tuple[str, str, list[float]]]:
    """Five hundred mentions in one transaction, on SQLite."""
    numbers = iter(range(10_000_000))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")

        def fresh() -> list[mentions.Mention]:
            words = sentence(chance, 60)
            return [
                replace(a_mention(), id=str(n), entry_key=str(n), text=words)
                for n in (next(numbers) for _ in range(500))
            ]

        def by_rows() -> None:
            with Session(store.engine) as session:
                session.add_all([MentionRow(**asdict(mention)) for mention in fresh()])
                session.commit()

        def by_batch() -> None:
            with store.writing() as connection:
                mentions.add(connection, fresh())

        yield ("500 mentions stored", "SQLModel add_all", ratios(by_rows, by_batch))
        store.close()


def whole(chance: random.Random) -> str:
    """How many posts a second one core judges, all steps."""
    judge = Judge([Watch(id="h", name="Hollybrook Primary School", places=("Stanwick",))])
    posts = [
        Words("", f"{sentence(chance, 30)} Hollybrook Primary School {sentence(chance, 30)}")
        for _ in range(300)
    ]
    rates = [len(posts) / seconds(lambda: [judge.judge(post) for post in posts]) for _ in range(5)]
    return f"{statistics.median(rates):,.0f} posts a second judged on one core (median of 5)"


def copies(chance: random.Random) -> str:
    """What looking for copies adds to a poll of 50 posts, beside 2,000 mentions that are kept."""
    judge = Judge([Watch(id="h", name="Hollybrook Primary School", places=("Stanwick",))])
    school = School(id="h", name="Hollybrook Primary School")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        with store.writing() as connection:
            kept = [
                replace(a_mention(), id=str(n), entry_key=str(n), school="h", text=told(chance))
                for n in range(2_000)
            ]
            mentions.add(connection, kept)
            sketches = {each.id: Text(each.title, each.text).sketch for each in kept}
            mentions.keep_sketches(connection, kept, sketches)

        def poll(posts: Sequence[Post], *, with_copies: bool) -> Intake:
            def recall(wanted: Mapping[str, frozenset[int]]) -> Recalled:
                with store.reading() as connection:
                    alike = mentions.alike(connection, wanted)
                    return Recalled(alike, mentions.told(connection, [a.mention.id for a in alike]))

            past = Reading("s", posts, {}, {}, (), {"h": school}, frozenset(), frozenset(), NOW)
            intake = take_in(past, judge.judge, recall if with_copies else lambda _: Recalled())
            new = [mention for mention, _, _ in intake.new]
            with store.writing() as connection:
                mentions.add(connection, new)
                mentions.keep_sketches(connection, new, intake.sketches if with_copies else {})
            return intake

        def fresh() -> list[Post]:
            return [
                Post(f"{chance.random()}", "", "", "", told(chance), "", NOW) for _ in range(50)
            ]

        found = ratios(
            lambda: poll(fresh(), with_copies=True), lambda: poll(fresh(), with_copies=False)
        )
        store.close()
    more = 100 * (statistics.median(found) - 1)
    return f"{more:.0f} % more for 50 posts of which all speak of the school, to look for copies"


def told(chance: random.Random) -> str:
    """A short article that speaks of the school."""
    return f"{sentence(chance, 60)} Hollybrook Primary School {sentence(chance, 60)}"


def hostile() -> str:
    """How long a body that costs feedparser minutes takes here, the child's start included."""
    body = b"<rss version='2.0'><channel><item><title>x</title><author>" + b"a" * (256 << 10)
    body += b"</author></item></channel></rss>"
    with _parser() as parser:
        start = time.monotonic()
        parser.parse("feed", Response("https://town.example/", 200, {}, body))
        return f"{time.monotonic() - start:.2f} s for an author of 256 KiB (wall)"


def smiles() -> str:
    """How long one comment of 5,000 emoji takes, where the package compares all with all."""
    text, analyzer = "\U0001f600" * 5_000, SentimentIntensityAnalyzer()
    theirs = seconds(lambda: analyzer.polarity_scores(text))
    ours = seconds(lambda: compound(text))
    return f"5,000 emoji: {ours * 1000:.1f} ms, and {theirs:.1f} s by vaderSentiment (once each)"


def main() -> None:
    """Print the tables."""
    chance = random.Random(SEED)
    table = Table("work", "yardstick", "times cheaper (median, min to max)", box=None)
    work, yardstick, found, recall = near_copies(chance)
    copied = [(work, yardstick, found)]
    for rows in (reading(chance), judging(chance), copied, storing(chance), against_reader()):
        for work, yardstick, found in rows:
            times = [ratio * TIMES.get(work, 1) for ratio in found]
            low, high = min(times), max(times)
            table.add_row(work, yardstick, f"{statistics.median(times):.1f} ({low:.1f}-{high:.1f})")
    console = Console(width=140)
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, seed {SEED}, {ROUNDS} rounds, processor time")
    console.print(table)
    console.print(recall)
    console.print(growth(chance))
    console.print(whole(chance))
    console.print(copies(chance))
    console.print(hostile())
    console.print(smiles())
    console.print(million.table(million.pages()))


if __name__ == "__main__":
    main()
