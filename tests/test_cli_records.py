"""`workbench figures` and `workbench records` as a user meets them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.errors import InputError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(workbench, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_contract_of_figures() -> None:
    assert json.loads(run("figures", "--json", "at least six")) == {
        "comparator": "ge", "value": 6, "low": 6, "high": None, "vague": None, "unit": None,
    }  # fmt: skip
    assert json.loads(run("figures", "--json", "--policy", "acled", "dozens"))["low"] == 12
    assert run("figures", "nearly", "4,000").splitlines()[0].split() == ["comparator", "approx"]


def test_more_than_one_figure_is_said_on_stderr() -> None:
    result = CliRunner().invoke(workbench, ["figures", "--json", "killed six and injured 14"])
    assert json.loads(result.stdout)["value"] == 6
    assert "holds 1 more" in result.stderr


@pytest.mark.parametrize("text", ["the militants", "1.2.3", ""])
def test_a_text_without_a_quantity_exits_1(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "figures", text], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("workbench: ")


def test_a_wrong_file_is_said_before_the_places_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take 20 seconds the first time in a workspace."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    missing = str(tmp_path / "missing.jsonl")
    result = CliRunner().invoke(workbench, ["records", missing, "-o", str(tmp_path / "out.csv")])
    assert isinstance(result.exception, InputError)
    assert missing in str(result.exception)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_records_of_a_file(tmp_path: Path) -> None:
    text = "A blast killed six people in Peshawar."
    rows = [
        {"id": "a", "text": text, "published": "2024-05-08",
         "spans": [[2, 7, "EVENT_EXPLOSION"], [15, 18, "FIGURE_KILLED"], [29, 37, "LOCATION"]]},
        {"id": "b", "text": "Nobody has labelled this."},
    ]  # fmt: skip
    corpus, out = tmp_path / "corpus.jsonl", tmp_path / "records.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = CliRunner().invoke(workbench, ["records", str(corpus), "-o", str(out), "--json"], catch_exceptions=False)
    assert json.loads(result.stdout) == {
        "documents": 2, "unlabelled": 1, "incidents": 1, "doubtful_triggers": 0,
        "figures_without_event": 0, "events": 1, "conflicts": 0, "outputs": [str(out)],
    }  # fmt: skip
    assert "1 of 2 bulletins have no labels" in result.stderr
    event = json.loads(out.read_text(encoding="utf-8"))
    assert event["figures"]["killed"]["min"] == 6
    assert (event["place"]["id"], event["date"]["start"]) == ("geonames:1168197", "2024-05-08")
    assert event["claims"][0]["phrase"] == "six"


def test_a_wrong_ending_is_said_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected one of"):
        CliRunner().invoke(
            workbench, ["records", str(tmp_path / "none.jsonl"), "-o", "out.xlsx"], catch_exceptions=False
        )
