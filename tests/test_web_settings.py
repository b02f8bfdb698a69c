"""The office and the head change a school's settings on the pages, and nothing breaks the file."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.config import load
from monitor.settings import Person, School, Settings
from monitor.settings_changes import ChangeError, Edit, SettingsFiles, Sheet, edited
from monitor.store import audit
from monitor.store.engine import Store
from monitor.web.roll import Roll
from tests.configs import EXAMPLE
from tests.signing import Client
from tests.web_cast import HEAD, Answer, ask, keep, mention, opened, served, settings, sign_in

pytestmark = pytest.mark.slow

OFFICE = Person(name="Sam Reed", email="office@hollybrook.example", roles=("office",))
TEACHER = Person(name="Zeb Quill", email="zq@hollybrook.example", roles=("staff",))
CONFIG = """\
# Read every line.
[database]
url = "sqlite:///footprint.db"   # ours

[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
aliases = ["Hollybrook Primary"]  # what people say
places = ["Stanwick"]

[[schools.staff]]
name = "Tom Birch"
nation = "wales"                  # understood as the school's

[[schools.people]]
name = "Jane Ashdown"
email = "head@hollybrook.example"
role = "headteacher"

[[schools.people]]
name = "Ravi Osei"                # since 2024
email = "dsl@hollybrook.example"
role = "dsl"

[[schools.people]]
name = "Ada Chair"
email = "chair@hollybrook.example"
role = "chair"

[[schools.people]]
name = "Sam Reed"
email = "office@hollybrook.example"
role = "office"

[[schools.people]]
name = "Zeb Quill"
email = "zq@hollybrook.example"
role = "staff"

[schools.contacts]
lado = ""                         # ask the council
"""
OTHER = """\
[[schools]]
id = "thornfield"
name = "Thornfield Infant School" # beside

[[schools.people]]
name = "Sam Reed"
email = "office@hollybrook.example"
role = "office"
"""
COMPLAINT = (
    "Hollyfield Brook School in Stanwick has ignored the bullying of my son, and the head teacher "
    "does nothing about it"
)
HOSTILE = '<script>window.__pwn=1</script> "]\n[[sources]] \\ \u202e {{7*7}}'


class Office:
    """A school's pages over its settings file."""

    def __init__(self, store: Store, client: Client, config: Path, roll: Roll) -> None:
        self.store, self.client, self.config, self.roll = store, client, config, roll

    @property
    def text(self) -> str:
        return self.config.read_text("utf-8")

    def settings(self) -> Settings:
        return load(self.config, {})

    def school(self, name: str = "hollybrook") -> School:
        found = self.settings().school(name)
        assert found
        return found

    def as_(self, person: Person) -> Office:
        """The same, with somebody else at the page."""
        secret = f"s3cret-of-{person.email}"
        sign_in(self.store, person, secret)
        client = Client(self.client.server)
        client.cookies["footprint-session"] = secret
        return Office(self.store, client, self.config, self.roll)

    def save(self, part: str, school: str = "hollybrook", **changed: str) -> Answer:
        """Open a part's form, change some of its fields, and press the button."""
        path = f"/settings/{school}/{part}"
        self.client.get(path)
        fields = {**self.client.fields(), "do": "save", **changed}
        return self.client.post(path, **fields)

    def person(self, place: int, **fields: str) -> Answer:
        """Send the form of one of the people."""
        self.client.get("/settings/hollybrook/people")
        given = {"mark": self.client.field("mark"), "do": "save", **fields}
        return self.client.post(f"/settings/hollybrook/people/{place}", **given)

    def noted(self) -> list[audit.Noted]:
        with self.store.reading() as connection:
            return [one for one in audit.listed(connection) if one.act == "settings.changed"]


@contextmanager
def office_at(folder: Path, config: str = CONFIG) -> Iterator[Office]:
    path = folder / "config.toml"
    path.write_text(config, "utf-8")
    (folder / "schools.d").mkdir()
    (folder / "schools.d" / "thornfield.toml").write_text(OTHER, "utf-8")
    settings = load(path, {})
    roll = Roll(path, lambda: load(path, {}), settings)
    with (
        opened(folder) as store,
        served(
            store,
            settings,
            schools=settings.schools[:1],
            people=roll.schools,
            files=SettingsFiles(path, {}),
        ) as web,
    ):
        yield Office(store, Client(web), path, roll).as_(HEAD)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path) as made:
        yield made


def test_a_change_is_written_with_everything_else_as_it_was(desk: Office) -> None:
    answer = desk.as_(OFFICE).save("names", aliases="Hollybrook Primary\nHolly Brook School")
    assert (answer.status, "Saved." in answer.text) == (200, True)
    before, after = CONFIG.splitlines(), desk.text.splitlines()
    assert [line for line in after if line not in before] == [
        'aliases = ["Hollybrook Primary", "Holly Brook School"]  # what people say'
    ]
    assert len(after) == len(before)
    assert desk.school().aliases == ("Hollybrook Primary", "Holly Brook School")


def test_the_audit_trail_says_who_changed_which_setting_and_no_value(desk: Office) -> None:
    desk.as_(OFFICE).save("contacts", **{"contacts.lado": "01234 567890", "contacts.hr": "x y"})
    (noted,) = desk.noted()
    assert (noted.who, noted.subject, noted.school) == (OFFICE.email, "contacts", "hollybrook")
    assert noted.details == {"keys": "contacts.lado, contacts.hr"}
    assert desk.school().contacts == {"lado": "01234 567890", "hr": "x y"}


def test_what_is_saved_unchanged_changes_nothing(desk: Office) -> None:
    for part in ("names", "hours", "contacts", "general", "approval"):
        assert desk.save(part).status == 200
    assert desk.text == CONFIG
    assert desk.noted() == []


def test_every_part_can_be_filled_in(desk: Office) -> None:
    desk.save(
        "hours",
        **{
            "hours.respond": "08:00-16:30",
            "hours.digest": "Tue 08:15",
            "hours.escalate_minutes": "20",
            "hours.holiday_contact": "chair@hollybrook.example",
            "term_dates": "2026-09-01..2026-12-18\n2027-01-04..2027-03-26",
        },
    )
    desk.save("general", nation="scotland", languages="cy en", public_reports="yes")
    desk.save(
        "approval",
        **{
            "approval.headteacher": "Jane Ashdown",
            "approval.dpo_advice": "DPIA v1 agreed",
            "approval.date": "2026-09-01",
            "approval.notice_url": "https://hollybrook.example/privacy",
        },
    )
    school = desk.school()
    assert f"{school.hours.respond[0]:%H:%M}" == "08:00"
    assert (school.hours.digest, school.hours.escalate_minutes) == ("Tue 08:15", 20)
    assert (school.nation, school.languages) == ("scotland", ("cy", "en"))
    assert isinstance(school.term_dates, tuple)
    assert len(school.term_dates) == 2
    assert school.approval
    assert school.approval.dpo_advice == "DPIA v1 agreed"
    assert "date = 2026-09-01" in desk.text
    assert "/tell/hollybrook?until=" in desk.client.get("/settings/hollybrook/general").text


@pytest.mark.parametrize(
    ("part", "changed", "says"),
    [
        ("names", {"aliases": "Ravi Osei"}, "Other names: is the name of somebody at the school"),
        ("names", {"aliases": "Tom Birch"}, "looks like the name of a person"),
        ("names", {"aliases": "Mrs Pettigrew"}, "looks like the name of a person"),
        ("names", {"aliases": "Olivia Marsh"}, "looks like the name of a person"),
        ("names", {"name": ""}, "The school's name"),
        ("hours", {"hours.respond": "25:00"}, "Hours: must"),
        ("hours", {"hours.escalate_minutes": "soon"}, "must be a whole number"),
        ("hours", {"term_dates": "2026-09-01"}, "Term dates: must be two days"),
        ("hours", {"term_dates": "gone.ics"}, "names a file that is not there"),
        ("general", {"nation": "france"}, "Nation: must be one of"),
        ("approval", {"approval.headteacher": "Jane"}, "is missing"),
    ],
)
def test_what_would_not_be_right_is_refused_in_plain_words(
    desk: Office, part: str, changed: dict[str, str], says: str
) -> None:
    answer = desk.save(part, **changed)
    assert (answer.status, says in answer.text) == (422, True), answer.text
    assert "Nothing was saved." in answer.text
    assert desk.text == CONFIG
    assert desk.noted() == []


def test_schools_that_are_named_after_people_may_be_called_so(desk: Office) -> None:
    wanted = "St Mary's\nGrace Academy\nHollybrook Lily Class"
    assert desk.save("names", aliases=wanted).status == 200
    assert desk.school().aliases == tuple(wanted.split("\n"))


def test_whoever_comes_second_is_told_and_overwrites_nothing(desk: Office) -> None:
    desk.client.get("/settings/hollybrook/names")
    fields = {**desk.client.fields(), "do": "save", "places": "Irthlingborough"}
    desk.config.write_text(CONFIG.replace("# ours", "# mine"), "utf-8")
    answer = desk.client.post("/settings/hollybrook/names", **fields)
    assert (answer.status, "Somebody changed the settings meanwhile" in answer.text) == (422, True)
    assert desk.text == CONFIG.replace("# ours", "# mine")


def test_of_many_who_save_at_once_one_is_kept_and_the_file_stays_whole(desk: Office) -> None:
    files, results = SettingsFiles(desk.config, {}), []
    sheet = files.sheet("hollybrook")
    assert sheet

    def save(number: int) -> None:
        _settings, text = files.drafted(sheet, [Edit(("places",), [f"Place {number}"])])
        try:
            files.write(sheet, text)
            results.append(number)
        except ChangeError:
            pass

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.school().places == (f"Place {results[0]}",)
    assert len(results) == 1
    assert sorted(one.name for one in desk.config.parent.glob(".config*")) == []


def test_a_school_with_a_file_of_its_own_is_changed_there(desk: Office) -> None:
    office = desk.as_(OFFICE)
    assert office.save("names", "thornfield", aliases="Thornfield Infants").status == 200
    beside = (desk.config.parent / "schools.d" / "thornfield.toml").read_text("utf-8")
    assert 'aliases = ["Thornfield Infants"]' in beside
    assert "# beside" in beside
    assert desk.text == CONFIG


def test_hostile_words_stay_values_in_the_file_and_text_on_the_page(desk: Office) -> None:
    answer = desk.save("contacts", **{"contacts.hr": HOSTILE.replace("\n", " ")})
    assert "<script>window" not in answer.body
    assert "sources" not in tomllib.loads(desk.text)
    again = desk.save("names", exclude=HOSTILE)
    assert "<script>window" not in again.body
    assert "sources" not in tomllib.loads(desk.text)
    refused = desk.save("contacts", **{"contacts.hr": "a\x00b"})
    assert refused.status == 422


def test_only_the_head_changes_people_and_approval_and_staff_change_nothing(desk: Office) -> None:
    office, teacher = desk.as_(OFFICE), desk.as_(TEACHER)
    assert "People and roles" not in office.client.get("/settings").text
    for part in ("people", "approval"):
        assert office.client.get(f"/settings/hollybrook/{part}").status == 403
        assert office.client.post(f"/settings/hollybrook/{part}", do="save").status == 403
    assert office.client.post("/settings/hollybrook/people/5", name="x").status == 403
    for path in ("/settings", "/settings/hollybrook/names", "/settings/hollybrook/people"):
        assert teacher.client.get(path).status == 403
    assert desk.client.get("/settings/thornfield/names").status == 404  # not the head's school
    assert desk.client.get("/settings/nowhere/names").status == 404
    assert desk.client.get("/settings/hollybrook/database").status == 404
    assert desk.text == CONFIG


def test_people_are_added_changed_and_taken_out(desk: Office) -> None:
    new = {"name": "Lee Park", "email": "lee@hollybrook.example", "roles": "staff"}
    assert desk.person(5, **new).status == 200
    assert (
        desk.person(4, name="Zeb Quill", email="zeb@hollybrook.example", roles="it").status == 200
    )
    found = {one.name: (one.email, one.roles) for one in desk.school().people}
    assert found["Lee Park"] == ("lee@hollybrook.example", ("staff",))
    assert found["Zeb Quill"] == ("zeb@hollybrook.example", ("it",))
    assert "# since 2024" in desk.text
    assert desk.person(5, do="remove").status == 200
    assert "Lee Park" not in {one.name for one in desk.school().people}
    assert desk.person(9, name="x").status == 404


def test_whoever_is_taken_out_is_out_at_once(desk: Office) -> None:
    teacher = desk.as_(TEACHER)
    assert teacher.client.get("/account").status == 200
    desk.person(4, do="remove")
    assert teacher.client.get("/account").status == 303


@pytest.mark.parametrize("place", [0, 2])
def test_nobody_is_left_without_somebody_else_to_hear(desk: Office, place: int) -> None:
    answer = desk.person(place, do="remove")
    assert answer.status == 422
    assert desk.text == CONFIG


def test_a_person_without_a_role_or_with_a_wrong_address_is_refused(desk: Office) -> None:
    for fields in ({"email": "lee@x.example"}, {"email": "lee", "roles": "staff"}):
        assert desk.person(5, name="Lee Park", **fields).status == 422
    assert desk.text == CONFIG


def test_names_are_tried_on_posts_before_they_are_saved(desk: Office) -> None:
    keep(desk.store, mention("one", "Hollybrook Primary in Stanwick won the cup"))
    answer = desk.save(
        "names",
        do="try",
        aliases="Hollybrook Primary\nHollyfield Brook School",
        posts=f"{COMPLAINT}\nBuy cheap shoes",
    )
    assert "Of 3 posts tried" in answer.text
    assert "Nothing is saved yet" in answer.text
    assert "Against the names set up now: 1 more, 0 fewer" in answer.text
    row = '<th scope="row"><bdi>Hollyfield Brook School</bdi></th><td>1</td><td>1</td>'
    assert row in answer.body
    assert desk.text == CONFIG
    refused = desk.save("names", do="try", aliases="Ravi Osei")
    assert (refused.status, "is the name of somebody" in refused.text) == (422, True)


def test_the_settings_say_what_is_still_blank(desk: Office) -> None:
    assert "19 local contacts are blank" in desk.client.get("/settings").text
    page = desk.client.get("/settings/hollybrook/contacts").text
    assert "Children's social care, the front door Still blank" in page
    desk.save("contacts", **{"contacts.lado": "01234 567890"})
    assert "18 local contacts are blank" in desk.client.get("/settings").text
    assert "the headteacher has not approved it yet" in desk.client.get("/settings").text


def test_a_file_that_is_broken_by_hand_is_said_and_left_alone(desk: Office) -> None:
    desk.config.write_text(CONFIG + "nonsense", "utf-8")
    assert "has a mistake in it" in desk.client.get("/settings").text
    assert desk.client.get("/settings/hollybrook/names").status in {404, 503}


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "config.toml"
    sheet = Sheet(path, CONFIG, 0)
    path.parent.mkdir()
    path.write_text(CONFIG, "utf-8")
    files = SettingsFiles(path, {})
    (tmp_path / "gone").rename(tmp_path / "moved")
    with pytest.raises(ChangeError, match="cannot be read"):
        files.write(sheet, CONFIG)


def test_the_example_keeps_every_comment_through_every_change() -> None:
    text = EXAMPLE.read_text("utf-8")
    sheet = Sheet(EXAMPLE, text, 0)
    made = edited(
        sheet,
        [
            Edit(("aliases",), ["One", "Two"]),
            Edit(("nation",), "wales"),
            Edit(("hours", "respond"), "08:00-17:00"),
            Edit(("people", 0, "email"), "new@hollybrook.example"),
        ],
    )
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in made.splitlines() if line.startswith("#")] == comments
    assert made.count("#") == text.count("#")


def test_without_its_files_there_are_no_settings_pages(small: Store, tmp_path: Path) -> None:
    with served(small, settings(tmp_path)) as web:
        assert ask(web, "/settings").status == 404


def test_the_first_approval_is_given_on_a_page_before_anything_is_watched(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")
    configured = load(path, {})
    files = SettingsFiles(path, {})
    with (
        opened(tmp_path) as store,
        served(store, configured, schools=(), files=files) as web,
    ):
        desk = Office(store, Client(web), path, Roll(path, files.load, configured)).as_(HEAD)
        assert 'href="/settings/hollybrook/approval"' in desk.client.get("/").body
        answer = desk.save(
            "approval",
            **{
                "approval.headteacher": "Jane Ashdown",
                "approval.dpo_advice": "DPIA v1 agreed",
                "approval.date": "2026-09-01",
                "approval.notice_url": "https://hollybrook.example/privacy",
            },
        )
        assert "Saved." in answer.text
        assert desk.school().approval
