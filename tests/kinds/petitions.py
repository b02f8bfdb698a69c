"""Parliament's petitions, and what is said and asked there."""

from __future__ import annotations

from tests.kinds import Case, recorded

PETITIONS = "/petitions.json"
HANSARD = "/search.json"
QUESTIONS = "/api/writtenquestions/questions"

CASE = Case(
    table=lambda base: {
        "service": base,
        "hansard_service": base,
        "questions_service": base,
    },
    answers={
        PETITIONS: recorded("petitions", "petitions.json"),
        HANSARD: recorded("petitions", "hansard.json"),
        QUESTIONS: recorded("petitions", "questions.json"),
    },
    expected=[
        {
            "title": "Keep Hollybrook Primary School in Stanwick open",
            "text": "The council wants to close our school in July.\n"
            "There is no other within four miles & no bus.\n"
            "1,000 people or more have signed it.",
            "author": "Jo Stanwick",
            "published": "2026-10-10T09:00:00+00:00",
            "medium": "petition",
        },
        {
            "title": "Sack the head of Hollybrook Primary School",
            "text": "Nobody answers letters.\n"
            "It was rejected: It is about something that is not for Parliament.",
            "author": "",
            "published": "2026-11-09T09:00:00+00:00",
            "medium": "petition",
        },
        {
            "title": "School Closures: Rural Areas",
            "text": "Parents of Hollybrook Primary School in my constituency have no answer.",
            "url": "https://hansard.parliament.uk/Commons/2026-11-11/debates/"
            "AAAABBBB-1111-4222-8333-CCCCDDDDEEEE/SchoolClosuresRuralAreas"
            "#contribution-0A1B2C3D-1111-4222-8333-444455556666",
            "author": "Ada Example (Stanwick) (Ind)",
            "published": "2026-11-11T00:00:00+00:00",
            "medium": "",
        },
        {
            "title": "Hollybrook Primary School, Stanwick",
            "text": "",
            "url": "https://hansard.parliament.uk/Commons/2026-11-12/debates/"
            "FFFF0000-1111-4222-8333-CCCCDDDDEEEE/HollybrookPrimarySchoolStanwick",
        },
        {
            "title": "Schools: Closures",
            "text": "To ask the Secretary of State for Education, whether Hollybrook Primary "
            "School is to close.\nNo decision has been made.",
            "url": "https://questions-statements.parliament.uk/written-questions/detail/"
            "2026-11-04/90210",
            "author": "Ada Example",
            "published": "2026-11-04T00:00:00+00:00",
            "medium": "",
        },
    ],
)
