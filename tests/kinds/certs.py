"""Look-alike domains among the names of certificates."""

from __future__ import annotations

from tests.kinds import Case, recorded

CASE = Case(
    table=lambda base: {
        "service": base,
        "terms": ["hollybrook"],
        "own_domains": ["hollybrook.northants.sch.uk"],
    },
    answers={"/": recorded("certs", "identities.json")},
    expected=[
        {
            "title": "Web address hollybrook-primary.com: Hollybrook Primary School",
            "text": "A security certificate was issued for:\n"
            "hollybrook-primary.com\nparents.hollybrook-primary.com",
            "author": "",
            "published": "2026-11-12T03:58:33.798000+00:00",
            "medium": "",
        },
        {
            "title": "Web address hollybrook-school.netlify.app: Hollybrook Primary School",
            "text": "A security certificate was issued for:\nhollybrook-school.netlify.app",
            "published": "2026-11-15T12:00:00+00:00",
        },
    ],
)
