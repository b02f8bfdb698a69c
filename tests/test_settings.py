"""Settings are values: they do not change, they can be compared, and they keep their secrets."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from monitor.judge.terms import Staff
from monitor.problems import ConfigError, Problem
from monitor.settings import Database, Mail, Person, School, Settings, SourceSettings, Web
from tests.configs import EXAMPLE_ENV, read, whole_example

CONTACT = 'lado = "01234 567890"'


def written(folder: Path, password: str = "hunter2") -> Settings:
    text = whole_example().replace('lado = ""', CONTACT)
    return read(folder, text, {**EXAMPLE_ENV, "SMTP_PASSWORD": password})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("school")


@pytest.fixture(scope="module")
def settings(folder: Path) -> Settings:
    return written(folder)


def test_nothing_in_the_settings_can_be_changed(settings: Settings) -> None:
    school = settings.schools[0]
    options = settings.sources[0].options
    tables = (settings, "web"), (settings.web, "listen"), (school.hours, "digest"), (options, "url")
    for section, name in tables:
        with pytest.raises(ValidationError):
            setattr(section, name, None)
    with pytest.raises(TypeError):
        school.contacts["lado"] = "x"  # type: ignore[index]
    assert isinstance(school.aliases, tuple)


def test_settings_can_be_hashed_compared_and_copied(settings: Settings, folder: Path) -> None:
    again = written(folder)
    assert settings == again
    assert len({settings, again, copy.deepcopy(settings)}) == 1
    assert settings.schools[0] == pickle.loads(pickle.dumps(settings.schools[0]))
    assert settings != written(folder, "other")


def test_settings_can_be_written_out_without_their_secrets(settings: Settings) -> None:
    assert '"lado":"01234 567890"' in settings.model_dump_json()
    assert "hunter2" not in settings.model_dump_json() + repr(settings) + str(settings)


def test_a_wrong_value_is_not_shown_by_the_model_itself() -> None:
    with pytest.raises(ValidationError) as caught:
        Database(url="postgresql://u:hunter2@h/d")
    assert "hunter2" not in str(caught.value)


def test_a_school_is_found_by_its_id(settings: Settings) -> None:
    assert settings.school("hollybrook") is settings.schools[0]
    assert settings.school("other") is None


def test_a_school_is_turned_into_what_the_judge_knows(settings: Settings) -> None:
    watch = settings.schools[0].watch
    assert (watch.id, watch.name) == ("hollybrook", "Hollybrook Primary School")
    assert watch.staff == (Staff("Jane Ashdown", "headteacher"),)
    assert watch.exclude == ("Hollybrook Primary Leeds", "Hollybrook Arms")


def test_relative_paths_start_at_the_folder() -> None:
    settings = Settings(folder=Path("/etc/footprint"))
    assert settings.path("outbox") == Path("/etc/footprint/outbox")
    assert settings.path("/var/outbox") == Path("/var/outbox")
    assert settings.database_url == "sqlite:////etc/footprint/footprint.db"
    elsewhere = Settings(folder=Path("/etc"), database=Database(url="sqlite:////var/a.db"))
    assert elsewhere.database_url == "sqlite:////var/a.db"


def test_a_database_server_s_url_is_kept_and_takes_its_password() -> None:
    open_to_all = Database(url="postgresql://h/d")
    assert Settings(folder=Path("/"), database=open_to_all).database_url == "postgresql://h/d"
    closed = Database(url="postgresql://u@h/d", password=SecretStr("a b"))
    assert Settings(folder=Path("/"), database=closed).database_url == "postgresql://u:a%20b@h/d"


def test_the_parts_of_an_ipv6_address_come_without_brackets() -> None:
    web = Web(listen="[::1]:8443")
    assert (web.host, web.port) == ("::1", 8443)


def test_a_sender_has_a_name_and_an_address() -> None:
    mail = Mail.model_validate({"from": '"St Mary, Leeds" <office@a.example>'})
    assert (mail.sender_name, mail.sender_address) == ("St Mary, Leeds", "office@a.example")
    assert Mail().sender_address == "footprint@localhost"


def test_a_source_listens_for_all_schools_unless_it_names_some() -> None:
    everyone = SourceSettings(id="a", kind="feed")
    one = SourceSettings(id="a", kind="feed", schools=("a",))
    assert everyone.listens_for("b")
    assert [one.listens_for("a"), one.listens_for("b")] == [True, False]


def test_a_person_can_be_made_with_roles_alone() -> None:
    person = Person(name="A", email="a@b.example", roles=("dsl",))
    assert School(id="a", name="A School", people=(person,)).people == (person,)


def test_a_problem_is_one_line_whatever_of_its_place_is_known() -> None:
    assert str(Problem("config.toml", 14, "mail.host", "is missing")) == (
        "config.toml:14: mail.host is missing"
    )
    assert str(Problem("config.toml", 0, "", "is empty")) == "config.toml: is empty"
    assert str(Problem("", 0, "mail.host", "is missing")) == "mail.host is missing"


def test_an_important_problem_says_so_before_its_key() -> None:
    warning = Problem("", 0, "mail.host", "is empty", important=True)
    assert str(warning) == "IMPORTANT: mail.host is empty"
    placed = Problem("config.toml", 3, "mail.host", "is empty", important=True)
    assert str(placed) == "config.toml:3: IMPORTANT: mail.host is empty"


def test_a_configuration_error_survives_the_way_to_another_process() -> None:
    error = ConfigError((Problem("config.toml", 14, "mail.host", "is missing"),))
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
