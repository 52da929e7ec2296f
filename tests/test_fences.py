"""The import rules hold: a forbidden import is refused wherever it is planted."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINTER = CONFIGURATION["tool"]["importlinter"]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# Each contract by its name, with an import that it must refuse.
PLANTS = {
    "The project goes one way, from its entry points down to Wati's dialect": (
        "callcenter/wati/planted.py",
        "import callcenter.models",
    ),
    "Calls go one way, from what people and Wati see down to the states": (
        "calls/queueing/planted.py",
        "import calls.lifecycle.answer",
    ),
    "Media know no Django, no Channels, no Celery and none of our rows": (
        "calls/media/mixing/planted.py",
        "import django.conf",
    ),
    "Only the node, the SDP gate, the prompts and the settings meet the media": (
        "calls/outbound/planted.py",
        "import calls.media.session",
    ),
    "The simulator is an independent other end": (
        "callcenter/simulator/planted.py",
        "import callcenter.wati.client",
    ),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages and of the rules."""
    for package in LINTER["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(checkout: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LINT], cwd=checkout, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_every_contract_refuses_what_it_forbids(checkout: Path):
    assert set(PLANTS) == {contract["name"] for contract in LINTER["contracts"]}
    for path, forbidden in PLANTS.values():
        (checkout / path).write_text(f"{forbidden}\n")
    report = lint(checkout)
    for contract, (path, _) in PLANTS.items():
        assert f"{contract} BROKEN" in report
        assert path.removesuffix(".py").replace("/", ".") in report


def test_no_room_of_calls_may_look_up(checkout: Path):
    layers = [layer.split(" | ") for layer in layers_of_calls()]
    planted = []
    for above, layer in zip(layers, layers[1:], strict=False):
        for room in layer:
            module = f"calls.{room}.planted" if is_folder(room) else f"calls.{room}"
            path = checkout / f"{module.replace('.', '/')}.py"
            with path.open("a") as file:
                file.write(f"\nimport calls.{above[0]}\n")
            planted.append(f"{module} -> calls.{above[0]}")
    report = lint(checkout)
    assert not [one for one in planted if one not in report]


def test_rooms_side_by_side_do_not_know_each_other(checkout: Path):
    (checkout / "calls/console/planted.py").write_text("import calls.node.process\n")
    assert "calls.console.planted -> calls.node.process" in lint(checkout)


def test_a_room_without_a_layer_is_refused(checkout: Path):
    (checkout / "calls/planted.py").write_text("")
    report = lint(checkout)
    assert "planted" in report
    assert "BROKEN" in report or "not listed" in report


def test_every_module_of_the_project_package_has_a_layer():
    # Which django itself imports, and the simulator, which has a contract of its own.
    free = {"__init__", "apps", "locale", "migrations", "settings", "simulator"}
    project = LINTER["contracts"][0]["layers"]
    listed = {name for layer in project for name in layer.split(" | ")}
    there = {path.stem for path in (ROOT / "callcenter").iterdir()} - {"__pycache__"}
    assert {f"callcenter.{name}" for name in there - free} <= listed


def test_calls_is_a_house_of_few_doors():
    assert len(list((ROOT / "calls").glob("*.py"))) <= 12


def layers_of_calls() -> list[str]:
    contract = next(one for one in LINTER["contracts"] if one.get("containers"))
    return list(contract["layers"])


def is_folder(room: str) -> bool:
    return (ROOT / "calls" / room).is_dir()
