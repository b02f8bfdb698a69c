"""Two hundred feeds on loopback, in a process of their own: serving them costs neither side.

`/tagged/7` answers with an ETag and knows it again; `/bare/7` sends no validators. `--told` says
how many of a feed's fifty entries name a watched school.
"""

from __future__ import annotations

import argparse
import random
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.timing import SEED

FEEDS, ENTRIES = 200, 50
TEXT = """the council said after lunch that the market had a really good day and nobody was late
but the bus broke down again which is terrible for everyone who waits in the rain with small bags
thank you to the kind staff who helped we are very angry about parking near the station"""
WORDS = TEXT.split()
NAMES = tuple(
    f"{first} {kind}"
    for first in ("Hollybrook", "Larkrise", "Thornfield", "Marlow Vale", "Ashcombe",
                  "Brackenhurst", "Coldwater", "Dunmore", "Elmsfield", "Foxley")
    for kind in ("Primary School", "Infant School", "Junior School", "High School", "Academy",
                 "Grammar School", "College", "Nursery School", "Prep School", "Community School")
)  # fmt: skip


def feed(number: int, told: int) -> bytes:
    """One feed of fifty entries of about 500 characters of HTML; the same for the same number."""
    chance = random.Random(SEED + number)

    def sentence(words: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(words))

    def item(at: int) -> str:
        name = chance.choice(NAMES) if at < told else "The market"
        return (
            f"<item><guid>tag:town.example,{number}-{at}</guid><title>{sentence(8)}</title>"
            f"<link>https://town.example/{number}/{at}</link>"
            "<pubDate>Tue, 15 Sep 2026 10:00:00 GMT</pubDate>"
            f"<description><![CDATA[<p>{name} {sentence(44)}</p><p>{sentence(45)}</p>]]>"
            "</description></item>"
        )

    items = "".join(item(at) for at in range(ENTRIES))
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told = 0
    made: dict[int, bytes] = {}  # noqa: RUF012 - one for the process

    def do_GET(self) -> None:
        _, way, number = self.path.split("/")
        body = self.made.setdefault(int(number), b"") or feed(int(number), self.told)
        self.made[int(number)] = body
        tag = f'"{number}"'
        known = way == "tagged" and self.headers.get("If-None-Match") == tag
        self.send_response_only(304 if known else 200)
        if way == "tagged":
            self.send_header("ETag", tag)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        if not known:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The tables alone are printed."""


def main() -> None:
    """Serve until the pipe that started us is shut; the port is printed first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--told", type=int, default=0)
    _Handler.told = parser.parse_args().told
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
