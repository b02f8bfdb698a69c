"""What the settings lack, in words that need no knowledge of them."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.advice import advise
from monitor.store.engine import Store
from monitor.web.lacking import lacking
from tests.web_cast import HEAD, OTHER, SCHOOL, ask, served, settings

BARE = OTHER.model_copy(update={"people": ()})


def test_all_advice_begins_in_plain_words_and_still_names_its_setting(tmp_path: Path) -> None:
    configured = settings(tmp_path, host="", schools=(SCHOOL, BARE))
    notices = [str(problem) for problem in advise(configured)]
    found = lacking(configured, (), notices)
    advised = (*found.important, *found.worth_adding)
    assert len(advised) > 6
    for line in advised:
        assert line.key
        assert line.says.startswith(("The ", "Thornfield Infant School "))
        assert not re.search(r"\[\[|[a-z]_[a-z]", re.sub('"[^"]*"', "", line.says)), line.says
    assert any(
        line.says.startswith("The list of people who are told at Thornfield Infant School holds no")
        for line in advised
    )


def test_what_a_school_wrote_itself_is_not_put_into_other_words(tmp_path: Path) -> None:
    notice = 'schools.hollybrook.aliases holds "the dsl", a word of the dsl'
    found = lacking(settings(tmp_path), (), (notice,))
    assert found.worth_adding[0].says == (
        "The list of other names for Hollybrook Primary School "
        'holds "the dsl", a word of the safeguarding lead'
    )


def test_what_keeps_it_from_starting_stands_apart_and_once(tmp_path: Path) -> None:
    configured = settings(tmp_path, schools=(SCHOOL, BARE))
    notices = ("schools.thornfield.approval is missing: add it", "IMPORTANT: mail.host is empty")
    found = lacking(configured, ("hollybrook",), notices)
    assert found.blockers == (
        "Thornfield Infant School has no approval: nobody has written down that its head agreed.",
        "Thornfield Infant School names nobody who is to be told.",
    )
    assert [line.says for line in found.important] == ["The name of the mail server is empty"]
    assert found.worth_adding == ()


def test_the_set_up_page_says_what_blocks_before_what_is_worth_adding(
    small: Store, tmp_path: Path
) -> None:
    school = SCHOOL.model_copy(update={"people": (HEAD,)})
    configured = settings(tmp_path, schools=(school,))
    notices = ('schools.hollybrook.people holds nobody with role = "dsl"',)
    with served(small, configured, schools=(), notices=lambda: notices) as web:
        text = ask(web, "/").text
    blocks, _, worth = text.partition("Worth adding")
    assert "What keeps it from starting Hollybrook Primary School has no approval" in blocks
    assert "names nobody" not in text
    assert "The list of people who are told at Hollybrook Primary School holds nobody" in worth
    assert "In the settings: schools.hollybrook.people" in worth
