"""`workbench assist` as a user runs it, against a scripted server."""

import json
from pathlib import Path
from typing import Any

import pytest
from assist_help import KEY, Say, completion, scripted, spans
from click.testing import CliRunner, Result

from workbench.cli.assist import command
from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.errors import AssistError
from workbench.core.workspace import packaged

TEXT = "Gunmen killed six people in Quetta."
GOOD = completion(spans(("FIGURE_KILLED", "six"), ("ACTOR", "militants")))


@pytest.fixture
def bulletins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").touch()
    (tmp_path / "in.jsonl").write_text("".join(f'{{"id": "b-{n}", "text": "{TEXT} No {n}."}}\n' for n in range(3)))
    return tmp_path / "in.jsonl"


def run(script: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Result, list[dict[str, Any]]]:
    with scripted(script) as server:
        monkeypatch.setenv("WORKBENCH_LLM_URL", server.url)
        monkeypatch.setenv("WORKBENCH_LLM_MODEL", "scripted")
        monkeypatch.setenv("WORKBENCH_LLM_KEY", KEY)
        return CliRunner().invoke(command, ["in.jsonl", *arguments]), server.asked


def test_a_run_writes_a_corpus_and_tells_what_it_did(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = run([GOOD], monkeypatch, "-o", "out.jsonl", "--json", "--calls")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["documents"], told["labelled"], told["spans"], told["proposals"]) == (3, 3, 3, 6)
    assert told["statuses"] == {"absent": 3, "verbatim": 3}
    assert (told["hallucinations"], told["hallucination_rate"]) == (3, 0.5)
    assert (told["prompt_tokens"], told["completion_tokens"], len(told["calls"])) == (300, 60, 3)
    assert told["model_version"].startswith("scripted-")
    rows = load_corpus("out.jsonl")
    assert [row.surface(span) for row in rows for span in row.spans] == ["six"] * 3
    assert {(row.annotation.origin, row.annotation.model_version) for row in rows if row.annotation} == {
        ("llm", told["model_version"])
    }
    made_up = {"label": "ACTOR", "quote": "militants", "status": "absent", "places": []}
    assert rows[0].document.fields["assist"] == {"hallucinated": [made_up]}
    assert len(asked) == 3
    again, asked = run([GOOD], monkeypatch, "-o", "again.jsonl", "--json")
    assert (json.loads(again.stdout)["cached"], asked) == (3, [])
    assert Path("again.jsonl").read_bytes() == Path("out.jsonl").read_bytes()
    assert all(KEY.encode() not in path.read_bytes() for path in bulletins.parent.rglob("*") if path.is_file())


def test_a_failure_is_named_and_the_exit_status_says_so(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(asked: dict[str, Any], number: int) -> Say:
        return completion("no") if any("No 1." in each["content"] for each in asked["messages"]) else GOOD

    result, _ = run(script, monkeypatch, "-o", "out.jsonl", "--json")
    assert isinstance(result.exception, AssistError)
    assert "1 of 3 bulletins got no answer" in str(result.exception)
    assert json.loads(result.stdout)["failed"][0]["id"] == "b-1"
    assert [row.annotation is None for row in load_corpus("out.jsonl")] == [False, True, False]


def test_a_dry_run_asks_nothing_and_needs_no_output(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = ("--price-in", "2", "--price-out", "10")
    result, asked = run([GOOD], monkeypatch, "--dry-run", "--json", "--limit", "2", *prices)
    told = json.loads(result.stdout)
    assert (told["documents"], told["questions"], asked) == (2, 2, [])
    assert told["money_at_most"] == pytest.approx((told["prompt_tokens"] * 2 + 2 * 4096 * 10) / 1e6)
    nowhere, _ = run([GOOD], monkeypatch)
    assert nowhere.exit_code == 2
    unpriced, _ = run([GOOD], monkeypatch, "--dry-run", "--budget-money", "1")
    assert unpriced.exit_code == 2


def test_gold_calibrates_and_the_next_run_is_scored(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold = load_corpus(packaged("annotations/corpus.jsonl"))[:6]
    write_corpus("in.jsonl", gold)

    def script(asked: dict[str, Any], number: int) -> Say:
        text = asked["messages"][-1]["content"]
        entry = next(entry for entry in gold if entry.document.text in text)
        quotes = [(span.label, entry.surface(span)) for span in entry.spans]
        return completion(spans(*quotes[::2]))

    result, _ = run(script, monkeypatch, "-o", "out.jsonl", "--json", "--calibrate")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["calibration"]["spans"] > 10
    result, _ = run(script, monkeypatch, "-o", "out.jsonl", "--json")
    scores = [span.score for row in load_corpus("out.jsonl") for span in row.spans]
    assert all(score is not None and 0.5 < score <= 1 for score in scores)


def test_tagger_rules_and_language_model_make_an_ensemble(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my_rules.py").write_text(
        "def mark(text):\n    return [(text.index('Quetta'), text.index('Quetta') + 6, 'LOCATION')]\n"
    )
    monkeypatch.syspath_prepend(bulletins.parent)
    arguments = ("--ensemble", "--rules", "my_rules:mark", "--model", str(packaged("models/starter")))
    result, _ = run([GOOD], monkeypatch, "-o", "out.jsonl", "--json", *arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["model_version"].endswith("-ensemble")
    for row in load_corpus("out.jsonl"):
        found = {row.surface(span): span for span in row.spans}
        assert found["Quetta"].label == "LOCATION"
        assert found["six"].score is not None
        assert found["six"].score > 0.6


def test_the_rules_of_a_file_are_a_voice_of_the_ensemble(bulletins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.toml").write_text("[[rules]]\nlabel = 'DATE'\nwords = ['No']\n")
    voices = ("--ensemble", "--model", str(packaged("models/starter")))
    for more, expected in (((), []), (("--rules", "own.toml"), ["No"] * 3)):
        result, _ = run([GOOD], monkeypatch, "-o", "out.jsonl", "--json", *voices, *more)
        assert result.exit_code == 0, result.output
        assert [row.surface(s) for row in load_corpus("out.jsonl") for s in row.spans if s.label == "DATE"] == expected
    result, _ = run([GOOD], monkeypatch, "-o", "out.jsonl", "--rules", "missing.toml")
    assert (result.exit_code, "missing.toml is not there" in str(result.exception)) == (1, True)
