"""`workbench link` as a user meets it: trains on drawn relations, measures on bulletins kept back, writes a file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.app import workbench
from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.errors import InputError
from workbench.record.scorer import load_scorer


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("link") / "corpus.jsonl"
    write_corpus(path, load_corpus("annotations/corpus.jsonl")[:40])
    return path


@pytest.mark.slow
def test_it_writes_a_model_and_says_how_good_it_is(corpus: Path, tmp_path: Path) -> None:
    model = tmp_path / "linking.json"
    arguments = ["link", str(corpus), "-o", str(model), "--folds", "2"]
    result = CliRunner().invoke(workbench, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    drawn = sum(len(x.annotation.relations) for x in load_corpus(corpus) if x.annotation)
    assert said["f1"]["all"]["drawn"] >= drawn  # same_event counts between every two mentions
    assert 0.6 < said["f1"]["all"]["nearest_f1"] < 1
    assert 0.6 < said["f1"]["all"]["f1"] < 1
    assert 0.4 < said["f1"]["records"]["nearest_f1"] < said["f1"]["records"]["f1"] < 1
    assert set(load_scorer(model).weights) == {"figure_of", "claimed_by", "takes_part", "happened_at", "same_event"}

    # The same file from the same corpus, and records can be made with it.
    again = tmp_path / "again.json"
    CliRunner().invoke(workbench, ["link", str(corpus), "-o", str(again), "--folds", "0"], catch_exceptions=False)
    assert again.read_bytes() == model.read_bytes()
    out = tmp_path / "records.csv"
    result = CliRunner().invoke(workbench, ["records", str(corpus), "--linking", str(model), "-o", str(out)])
    assert result.exit_code == 0
    assert out.exists()


def test_a_table_for_a_person(corpus: Path) -> None:
    result = CliRunner().invoke(workbench, ["link", str(corpus), "--folds", "2"], catch_exceptions=False)
    assert result.stdout.splitlines()[0].startswith("F1, 2 folds, ")
    assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == [
        "figure_of", "claimed_by", "takes_part", "happened_at", "same_event", "all", "records",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--folds", "1"], 2, "leaves nothing to learn from"),
        (["--folds", "0"], 2, "nothing to do"),
        (["--folds", "400"], 1, "expected 400 at least, one for each fold"),
    ],
)
def test_what_cannot_be_done_is_said(corpus: Path, arguments: list[str], status: int, said: str) -> None:
    result = CliRunner().invoke(workbench, ["link", str(corpus), *arguments])
    assert result.exit_code == status
    assert said in (result.output if status == 2 else str(result.exception))


def test_a_corpus_without_relations_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    path.write_text('{"id": "a", "text": "Six died.", "spans": [[0, 3, "FIGURE_KILLED"]]}\n', encoding="utf-8")
    for folds in ("0", "5"):
        result = CliRunner().invoke(workbench, ["link", str(path), "-o", str(tmp_path / "x.json"), "--folds", folds])
        assert isinstance(result.exception, InputError)
        assert not (tmp_path / "x.json").exists()
