"""What is built is whole: a wheel holds every file that the program reads at run time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("sources", "monitor", "alerts")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_three_packages(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES, "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    for name in listed:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, str(wheels)], cwd=copy, capture_output=True, check=True
    )
    (wheel,) = wheels.glob("footprint-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {name for name in listed if name.split("/")[0] in PACKAGES}
    assert wanted - packed == set()
    assert any(name.endswith("licenses/LICENSE") for name in packed)


@pytest.mark.slow
def test_the_console_command_is_installed() -> None:
    command = Path(sys.executable).parent / "footprint"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("footprint 0.")
