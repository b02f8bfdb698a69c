"""HOW EVIDENCE IS TAKEN: one mention at a time, beside the alerts and never before them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.evidence import NEUTRAL, Item, Kind, is_withheld, warc, worded
from monitor.store import evidence, mentions
from monitor.store.engine import Store
from monitor.store.evidence import Capture
from monitor.store.mentions import Mention
from sources.base import SourceError
from sources.capture import Page, take
from sources.fetch import Door, Fetcher
from sources.parsing import Parser

log = logging.getLogger("footprint")

# After the first try in vain, and after the second; after the third it is said.
AGAIN = (timedelta(minutes=10), timedelta(hours=1))


@dataclass(frozen=True)
class Capturer:
    """What is needed to take evidence; `version` is the program's, kept with each item."""

    store: Store
    fetcher: Fetcher
    parser: Parser
    clock: Callable[[], datetime]
    owner: str
    version: str

    def capture_one(self) -> str | None:
        """Take what has been owed longest; the mention's id, None where nothing is due."""
        with self.store.writing() as connection:
            capture = evidence.claim(connection, self.clock(), self.owner)
            mention = mentions.one(connection, capture.mention_id) if capture else None
            record = mentions.record(connection, capture.mention_id) if capture else ""
        if capture is None:
            return None
        if mention is None:
            return capture.mention_id  # it was erased a moment ago, and this with it
        self._take(capture, mention, record)
        return capture.mention_id

    def _take(self, capture: Capture, mention: Mention, record: str) -> None:
        if is_withheld(mention.categories, mention.title, mention.text):
            self._keep(capture, self._item(mention, "note", said=NEUTRAL))
            return
        first = self._item(mention, "record", content=record.encode("utf-8", "surrogatepass"))
        try:
            page = take(Door(self.fetcher, self.parser, {}), mention.url, self.clock())
        except SourceError as error:
            if error.health == "waiting":
                self._wait(capture, error)
            else:
                self._failed(capture, mention, first, str(error))
        except Exception as error:
            # The fence around a page: whatever was not foreseen costs this one alone.
            log.error("a page could not be kept as evidence (%s)", type(error).__name__)
            fault = f"A fault in Footprint itself ({type(error).__name__}); please report it."
            self._failed(capture, mention, first, fault)
        else:
            self._keep(capture, first, self._of_page(mention, page))

    def _wait(self, capture: Capture, error: SourceError) -> None:
        """The site has asked to be left alone; that is no try."""
        again = self.clock() + (error.retry_after or AGAIN[0])
        with self.store.writing() as connection:
            evidence.postpone(connection, capture, str(error), again, tried=False)

    def _failed(self, capture: Capture, mention: Mention, first: Item, error: str) -> None:
        """Keep the source's record at once; the page is tried again, or said not to be had."""
        if capture.attempts < len(AGAIN):
            with self.store.writing() as connection:
                if not capture.attempts:
                    evidence.keep(connection, first, self.clock())
                again = self.clock() + AGAIN[capture.attempts]
                evidence.postpone(connection, capture, error, again)
            return
        said = f"The page could not be fetched in three tries: {error}"
        with self.store.writing() as connection:
            evidence.keep(connection, self._item(mention, "note", said=said), self.clock())
            evidence.settle(connection, capture, "failed", error)

    def _keep(self, capture: Capture, *items: Item) -> None:
        with self.store.writing() as connection:
            if mentions.one(connection, capture.mention_id) is None:
                return  # erased while its page was fetched
            for item in items:
                # A record that was kept at the first try is not kept again.
                if item.kind != "record" or not capture.attempts:
                    evidence.keep(connection, item, self.clock())
            evidence.settle(connection, capture, "done")

    def _of_page(self, mention: Mention, page: Page) -> Item:
        words = f"{mention.title}\n{mention.text}"
        if not page.body:
            return self._item(mention, "note", said=page.said, address=page.address)
        now = self.clock()
        item = self._item(mention, "page", said=worded(page, words), address=page.address)
        return replace(item, words=page.words, content=warc(page, mention.url, now, self.version))

    def _item(
        self,
        mention: Mention,
        kind: Kind,
        *,
        said: str = "",
        content: bytes = b"",
        address: str = "",
    ) -> Item:
        return Item(
            mention=mention.id,
            revision=mention.revision,
            school=mention.school,
            kind=kind,
            address=address or mention.url,
            at=self.clock(),
            version=self.version,
            said=said,
            content=content,
        )
