"""Privacy and law: each thing that the program must or must not do, and the tests that show it.

The numbers are those of the guidance that the program was made by: 6.1 scope, 6.2 surveillance,
6.3 basis and transparency, 6.4 keeping, 6.5 sources, 6.6 conduct.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.test_policies import is_there

ROOT = Path(__file__).parent.parent
RULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "6.1 must watch only the school's names, on openly public sources": (
            "test_watch_words.py::test_the_settings_refuse_a_strangers_name_and_say_why",
            "test_check_sources.py::test_a_login_page_is_said_to_be_one",
        ),
        "6.1 must not log in, join, follow or friend to see more": (
            "test_bluesky.py::test_a_search_may_name_the_schools_accounts_and_leave_somebody_out",
            "test_x.py::test_the_token_goes_in_a_header_and_nobodys_profile_is_asked_for",
        ),
        "6.1 must not allow a watch on a person": (
            "test_config_schools.py::test_a_person_is_never_watched",
            "test_watch_words.py::test_a_source_is_not_sent_to_search_for_somebody",
        ),
        "6.1 must not build author pages, scores, histories, networks or counts": (
            "test_no_author.py::test_no_address_is_an_authors_and_none_takes_an_author",
            "test_no_author.py::test_no_query_chooses_orders_groups_or_counts_by_a_name",
            "test_no_author.py::test_nothing_is_sorted_grouped_or_counted_by_a_name_in_memory",
            "test_no_author.py::test_no_option_of_a_command_takes_an_author",
        ),
        "6.1 must not use face recognition, or collect likes, followers or profiles": (
            "test_evidence.py::test_no_picture_is_fetched_or_kept_whatever_the_page_calls_it",
            "test_no_author.py::test_a_name_lies_in_one_column_and_no_index_or_key_holds_it",
            "test_section6.py::test_nothing_that_knows_faces_is_a_dependency",
        ),
        "6.1 must allow an item entered by hand": (
            "test_reporting.py::test_a_teachers_report_of_a_threat_is_judged_at_once_and_told",
        ),
        "6.2 must stop short of surveillance of a person": (
            "test_viewing.py::test_nothing_kept_says_whose_account_it_is_or_who_looked",
        ),
        "6.2 must warn on repeat viewing without profiling": (
            (
                "test_viewing.py::test_two_days_pass_the_third_asks_for_a_reason_the_sixth_for_two_"
                "agreements"
            ),
            "test_viewing.py::test_a_new_month_begins_anew_and_what_was_counted_is_gone",
        ),
        "6.2 the warning must not say who the author is": (
            "test_viewing.py::test_the_warning_explains_and_says_nothing_of_anybody",
        ),
        "6.3 must ship an impact assessment": (
            "test_documents.py::test_every_paper_is_written_from_the_schools_own_settings",
        ),
        "6.3 must not start until approval and advice are recorded": (
            "test_run.py::test_without_an_approval_it_serves_set_up_alone_and_reads_nothing",
            (
                "test_documents.py::test_an_approval_is_kept_with_what_it_covers_and_asked_again_when_"
                "that_changes"
            ),
        ),
        "6.3 must ship the appropriate policy document": (
            "test_documents.py::test_every_paper_is_written_from_the_schools_own_settings",
        ),
        "6.3 must supply privacy notices for parents, children and staff": (
            (
                "test_documents.py::test_a_notice_says_what_where_why_how_long_the_rights_and_where_to_"
                "complain"
            ),
            "test_documents.py::test_the_welsh_says_that_no_speaker_has_checked_it",
        ),
        "6.3 must show where the notice is published before the start": (
            "test_config_schools.py::test_an_approval_has_a_day_and_a_notice",
        ),
        "6.3 must have a form and a timer for complaints about data": (
            "test_rights.py::test_a_complaint_about_data_has_thirty_days_to_be_acknowledged",
            "test_web_rights.py::test_the_officer_writes_down_acknowledges_and_decides",
        ),
        "6.3 a self-check must be begun by that person alone, with the notice they read": (
            "test_web_presence.py::test_a_teacher_begins_looks_marks_and_stops",
            (
                "test_presence_command.py::test_who_does_not_agree_keeps_nothing_and_the_wording_is_"
                "kept_with_its_day"
            ),
        ),
        "6.3 a self-check must not be a condition of work": (
            "test_web_presence.py::test_nobody_elses_page_says_whether_she_takes_part",
            "test_web_presence.py::test_the_boxes_are_as_many_as_the_accounts_whoever_takes_part",
        ),
        "6.3 a self-check must end and be erased when they leave": (
            "test_web_presence.py::test_whoever_leaves_the_school_takes_everything_along",
        ),
        "6.3 must state the model, where it runs, no training on posts, and keep what it said": (
            "test_section6.py::test_the_model_is_named_with_where_it_runs_and_what_it_learnt_from",
            (
                "test_pipeline.py::test_a_post_edited_from_calm_to_threat_alerts_and_keeps_both_"
                "readings"
            ),
        ),
        "6.3 must keep a person in every decision": (
            "test_section6.py::test_nothing_is_posted_replied_or_reported_by_the_program",
        ),
        "6.4 must not download images or video": (
            "test_evidence.py::test_no_picture_is_fetched_or_kept_whatever_the_page_calls_it",
            "test_bluesky.py::test_pictures_and_what_is_linked_are_not_fetched",
        ),
        "6.4 never index or search by a child's name": (
            "test_reading.py::test_neither_a_childs_name_nor_an_authors_can_be_searched_for",
            "test_web_rights.py::test_nobody_but_the_officer_searches_for_a_person",
        ),
        "6.4 must mask by default, and a reveal is a logged act": (
            "test_web_incidents.py::test_a_childs_name_is_masked_until_somebody_says_why",
        ),
        "6.4 must have a hold": (
            "test_keeping.py::test_what_is_on_hold_or_still_owed_stays",
            "test_data_command.py::test_a_post_on_hold_is_not_erased_until_it_is_released",
        ),
        "6.4 must search all stores for the person, and redact others": (
            "test_rights.py::test_everything_that_names_a_person_is_found_in_every_table",
            "test_web_rights.py::test_the_search_needs_a_request_hides_others_and_is_written_down",
        ),
        "6.4 must export figures that are not personal": (
            "test_rights.py::test_figures_name_nobody_and_hide_what_is_small",
        ),
        "6.4 the audit log must be append-only": (
            "test_audit.py::test_the_database_refuses_to_change_or_delete_a_row",
        ),
        "6.5 must obey robots.txt, limits and terms": (
            "test_pagewatch.py::test_robots_txt_is_obeyed",
            (
                "test_pipeline.py::test_a_site_that_asks_to_be_left_alone_is_left_alone_by_hand_and_by_"
                "clock"
            ),
        ),
        "6.5 must not bypass login walls, captchas or blocks": (
            "test_pagewatch.py::test_a_check_against_robots_is_a_refusal_and_not_news",
            (
                "test_evidence.py::test_places_whose_terms_forbid_it_are_left_to_a_persons_screen_"
                "print"
            ),
        ),
        "6.6 must say that it may be fair before any step of removal": (
            "test_mail.py::test_that_it_may_be_fair_stands_before_the_first_step",
        ),
        "6.6 removal must not appear for a complaint without a ground": (
            "test_playbooks.py::test_a_complaint_is_asked_down_only_on_a_known_ground",
        ),
        "6.6 must not recommend the police for criticism": (
            "test_notices.py::test_the_police_are_never_named_for_criticism",
            "test_notices.py::test_legal_advice_comes_before_the_police",
        ),
        "6.6 must not let anyone send reports in bulk": (
            "test_section6.py::test_nothing_is_posted_replied_or_reported_by_the_program",
        ),
        "6.6 must say that no alert is no proof, on screen and in the digest": (
            "test_section6.py::test_no_alert_is_said_to_be_no_proof_on_screen_and_in_the_digest",
        ),
        "6.6 must let the school correct a level, and keep the first reading": (
            "test_corrections.py::test_a_mention_shows_its_corrected_level_until_that_is_undone",
            (
                "test_correct.py::test_what_was_missed_is_measured_by_the_program_not_by_another_"
                "correction"
            ),
        ),
    }
)


@pytest.mark.parametrize("rule", RULES)
def test_each_must_and_must_not_has_its_tests(rule: str) -> None:
    assert RULES[rule]
    assert [name for name in RULES[rule] if not is_there(f"tests/{name}")] == []


def test_nothing_that_knows_faces_is_a_dependency() -> None:
    locked = (ROOT / "requirements.lock").read_text("utf-8").casefold()
    names = set(re.findall(r"^([a-z0-9._-]+)==", locked, re.MULTILINE))
    assert "fastapi" in names
    assert not names & {"opencv-python", "face-recognition", "dlib", "deepface", "insightface"}


def test_the_model_is_named_with_where_it_runs_and_what_it_learnt_from() -> None:
    card = (ROOT / "docs/model-card.md").read_text("utf-8")
    for said in ("all-MiniLM-L6-v2", "ONNX Runtime", "No post of a real person"):
        assert said in card
    assessment = (ROOT / "monitor/documents/data/dpia.html").read_text("utf-8")
    assert "run on the school\u2019s own machine" in assessment
    assert "none is used to train anything" in assessment


# The only ways by which words leave: what each is for stands beside it.
SENDING = {
    "sources/fetch.py": "asks sites, signs in to their interfaces, and tells nothing of a post",
    "sources/imap.py": "reads a mailbox",
    "sources/gate.py": "connects for both",
    "alerts/smtp.py": "mails the school's own people",
}
DOORS = re.compile(r"^\s*(?:import|from) (?:requests|urllib3|smtplib|imaplib|http\.client|httpx)\b")


def test_nothing_is_posted_replied_or_reported_by_the_program() -> None:
    found = set()
    for folder in ("monitor", "sources", "alerts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if any(DOORS.match(line) for line in path.read_text("utf-8").splitlines()):
                found.add(str(path.relative_to(ROOT)))
    assert found <= set(SENDING)
    asked = ast.parse((ROOT / "sources/fetch.py").read_text("utf-8"))
    names = {node.name for node in ast.walk(asked) if isinstance(node, ast.FunctionDef)}
    assert not names & {"publish", "reply", "comment", "like", "flag", "upload"}


def test_no_alert_is_said_to_be_no_proof_on_screen_and_in_the_digest() -> None:
    for name in ("today.html", "mentions.html"):
        page = (ROOT / "monitor/web/templates" / name).read_text("utf-8")
        assert "No alert is not proof of no problem" in page
    digest = (ROOT / "monitor/digest/editions.py").read_text("utf-8")
    assert "No alert is not proof that there is no problem" in digest
