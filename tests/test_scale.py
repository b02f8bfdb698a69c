"""Samples of many schools, the simulated day, and the files to deploy from."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from benchmarks.samples import PLANS, Plan, name_of, write
from benchmarks.simulate import SEED, Simulation
from monitor.commands import names
from monitor.config import load

DEPLOY = Path(__file__).parent.parent / "deploy"


def test_a_sample_of_sixty_schools_is_a_configuration_that_can_be_read(tmp_path: Path) -> None:
    settings = load(write(PLANS[60], tmp_path), {})
    assert len(settings.schools) == 60
    assert len(settings.read_for(settings.schools[:1])) == PLANS[60].shared + 1


def test_no_two_of_many_schools_have_one_name() -> None:
    assert len({name_of(number) for number in range(32_000)}) == 32_000


def test_a_simulated_day_keeps_its_turns_and_is_on_time() -> None:
    found = Simulation(Plan(40, 1, 20, 44), 1, SEED).run()
    assert found.too_close == 0
    assert found.late == 0
    assert found.searches <= 40
    assert 40 * 19 < len(found.lateness) < 40 * 26 + 20 * 97


def test_a_simulated_day_shows_when_one_site_is_asked_for_more_than_it_takes() -> None:
    """Two a second of a site that takes one: not a turn is broken, and it is seen to be late."""
    crowded = Plan(1, 1, 2, 1)
    simulation = Simulation(crowded, 1, SEED)
    host = simulation._hosts[0]
    host.due[:] = [(0.0, number % 2) for number in range(1_800)]
    found = simulation.run()
    assert found.too_close == 0
    assert found.late > 0


@pytest.mark.parametrize("name", ["footprint.service", "footprint-worker@.service"])
def test_a_service_starts_a_command_that_there_is_and_gives_it_time_to_stop(name: str) -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name, "utf-8")
    program, command = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/bin/footprint")
    assert command in names()
    assert int(unit["Service"]["TimeoutStopSec"]) > 75


def test_the_container_copies_every_package_and_starts_the_pages() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and line.count(" ") == 2}
    assert copied == {"sources", "monitor", "alerts"}
    assert 'CMD ["run"]' in lines
