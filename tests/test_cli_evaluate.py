"""`workbench evaluate` with the starter model: what it records is what history, compare and report read."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.workspace import packaged


def run(*arguments: str) -> str:
    result = CliRunner().invoke(workbench, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_evaluation_is_a_run_of_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not packaged("models/starter/model.onnx").exists():
        pytest.skip("this clone has no starter model")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_corpus("gold.jsonl", load_corpus(packaged("annotations/corpus.jsonl"))[:4])
    first = json.loads(run("evaluate", "--data", "gold.jsonl", "--json"))
    run("evaluate", "--data", "gold.jsonl", "--json")
    runs = json.loads(run("history", "--json"))["runs"]
    assert [one["run"] for one in runs] == [1, 2]
    assert runs[0]["name"] == first["model_version"]
    assert runs[0]["strict"] == first["strict"]
    assert json.loads(run("compare", "1", "2", "--json"))["micro"]["difference"] == 0
    assert json.loads(run("report", "-o", "report.html", "--json"))["runs"] == 2
    assert "2 runs on the same data" in Path("report.html").read_text(encoding="utf-8")
