"""Each import contract holds, and each is seen to fail when somebody breaks it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("services", "shared", "deploy")
LINT = Path(sys.executable).with_name("lint-imports")

BREAKS = [
    ("services-read-alike", "services/membership/domain/city.py", "services.membership.rpc"),
    ("services-read-alike", "services/resources/helpers.py", "services.resources.domain"),
    ("services-are-independent", "services/resources/rpc.py", "services.events.domain"),
    ("shared-knows-no-service", "shared/relay.py", "services.events.domain"),
    ("shared-knows-no-service", "services/events/app.py", "deploy.demo.events"),
    ("shared-reads-upward", "shared/clock.py", "shared.execute"),
    ("shared-reads-upward", "shared/utilities.py", "shared.clock"),
    ("rules-do-no-io", "services/events/domain/activity.py", "random"),
    ("rules-do-no-io", "shared/contracts/values.py", "shared.messaging"),
    ("broker-behind-shared", "services/events/rpc.py", "nats"),
    ("driver-stays-out-of-the-way-in", "services/events/intake.py", "asyncpg"),
    ("client-knows-no-service", "shared/client/event.py", "shared.database"),
    ("client-knows-no-service", "shared/client/over_nats.py", "shared.rpc"),
    ("only-app-reads-settings", "services/events/rpc.py", "services.events.settings"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code that a test may spoil."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_all_but_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds(copy: Path) -> None:
    found = lint(copy)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(("contract", "file", "module"), BREAKS)
def test_a_broken_contract_is_found(copy: Path, contract: str, file: str, module: str) -> None:
    with (copy / file).open("a") as code:
        code.write(f"\nimport {module}\n")

    found = lint(copy, "--contract", contract)

    assert found.returncode == 1, found.stdout
    assert "0 kept, 1 broken" in found.stdout


def test_every_contract_is_broken_once() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["id"] for contract in document["tool"]["importlinter"]["contracts"]}

    assert contracts == {contract for contract, _, _ in BREAKS}


def lint(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


def _all_but_code(directory: str, names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if name == "__pycache__" or not (name.endswith(".py") or (Path(directory) / name).is_dir())
    ]
