"""The compose file of a team, read as YAML; it is not run here, where there are no containers."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.errors import InputError
from workbench.studio.team.files import compose_text, write_team

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
SECRETS = ("POSTGRES_PASSWORD", "LABEL_STUDIO_PASSWORD", "LABEL_STUDIO_SECRET_KEY", "WORKBENCH_SERVE_PASSWORD")


@pytest.fixture(scope="module")
def team() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(compose_text())
    return found


def test_every_service_is_pinned_healthy_and_restarted(team: dict[str, Any]) -> None:
    assert set(team["services"]) == {"database", "studio", "backend", "worker"}
    for name, service in team["services"].items():
        assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"]), name
        assert service["restart"] == "unless-stopped"
        if "build" not in service:
            assert re.fullmatch(r"[\w/.-]+:\d+\.\d+[\w.-]*", service["image"]), name
    dockerfile = team["services"]["backend"]["build"]["dockerfile_inline"]
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-\S+$", dockerfile, re.M)
    assert "requirements.lock" in dockerfile


def test_the_server_is_the_release_that_the_lock_pins(team: dict[str, Any]) -> None:
    lock = (Path(__file__).parents[1] / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^label-studio==(\S+)", lock, re.M)
    assert pinned is not None
    assert team["services"]["studio"]["image"] == f"heartexlabs/label-studio:{pinned.group(1)}"


def test_no_secret_is_in_it_and_each_comes_from_the_environment(team: dict[str, Any]) -> None:
    for name, service in team["services"].items():
        for key, value in service["environment"].items():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN", key):
                assert re.fullmatch(r"\$\{\w+(?::\?see \.env|:-)\}", value), (name, key)
    for secret in SECRETS:
        assert f"${{{secret}:?see .env}}" in compose_text()


def test_only_this_machine_reaches_it_and_data_outlives_containers(team: dict[str, Any]) -> None:
    ports = [port for service in team["services"].values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:${LABEL_STUDIO_PORT:-8080}:8080"]
    assert team["networks"]["inside"]["internal"] is True
    named = {mount.partition(":")[0] for service in team["services"].values() for mount in service["volumes"]}
    assert named == set(team["volumes"]) == {"database", "studio", "workspace", "backups"}
    assert team["services"]["studio"]["environment"]["LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK"] == "true"
    for name in ("backend", "worker"):
        assert team["services"][name]["depends_on"] == {"studio": {"condition": "service_healthy"}}
        assert team["services"][name]["cap_drop"] == ["ALL"]


def test_the_commands_in_it_are_commands_of_the_workbench(team: dict[str, Any]) -> None:
    run = CliRunner().invoke
    said = [*re.findall(r"workbench ([a-z]+)", team["services"]["worker"]["command"][2]), "serve"]
    assert said == ["verify", "verify", "backup", "serve"]
    assert all(run(workbench, [name, "--help"]).exit_code == 0 for name in said)
    options = [part for part in team["services"]["backend"]["command"] if part.startswith("--")]
    assert all(option in run(workbench, ["serve", "--help"]).stdout for option in options)


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = write_team(tmp_path, user="boss@example.org")
    text = first.environment.read_text(encoding="utf-8")
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    assert values["LABEL_STUDIO_USERNAME"] == "boss@example.org"
    assert len({values[name] for name in SECRETS}) == len(SECRETS)
    assert all(len(values[name]) >= 24 for name in SECRETS)
    assert stat.S_IMODE(first.environment.stat().st_mode) == 0o600
    assert write_team(tmp_path).secrets_kept
    assert first.environment.read_text(encoding="utf-8") == text
    asked = set(re.findall(r"\$\{(\w+):\?", compose_text()))
    assert asked <= set(values)
    first.compose.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is another one"):
        write_team(tmp_path)


def test_the_command_writes_both(tmp_path: Path) -> None:
    done = CliRunner().invoke(workbench, ["studio", "compose", "-o", str(tmp_path / "team")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "team").iterdir()) == [".env", "compose.yaml"]
    # The secrets are in the file alone.
    assert not any(
        line.split("=")[1] in done.output
        for line in (tmp_path / "team" / ".env").read_text().splitlines()
        if "PASSWORD=" in line
    )
