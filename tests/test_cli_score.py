"""The commands of the evaluation module, as a person or a CI job runs them."""

import json

import pytest
from score_help import entries, entry, evaluate

from workbench.cli.app import main
from workbench.cli.plot import Mark, plot
from workbench.core.corpus import Document, Entry, write_corpus
from workbench.core.workspace import Workspace
from workbench.score.record import history_of, record_run

GOLD = [[(3 * i, 3 * i + 2, "AB"[i % 2]) for i in range(10)] for _ in range(8)]
SCHEMA = "".join(f'[[labels]]\nname = "{name}"\ngroup = "event"\n' for name in "ABC")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command in a workspace of its own; gives exit status, stdout and stderr."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "schema.toml").write_text(SCHEMA)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_corpus("gold.jsonl", entries(GOLD))
    write_corpus("seven.jsonl", entries([spans[:7] for spans in GOLD]))
    write_corpus("nine.jsonl", entries([spans[:9] for spans in GOLD]))

    def command(*arguments):
        try:
            main(list(arguments))
            status = 0
        except SystemExit as left:
            status = left.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


def test_score_json(run):
    status, out, err = run("score", "gold.jsonl", "seven.jsonl", "--json")
    found = json.loads(out)
    f1 = 2 * 0.7 / 1.7
    assert (status, err) == (0, "")
    assert found["strict"] == {
        "precision": 1.0, "recall": 0.7, "f1": pytest.approx(f1), "tp": 56, "fp": 0, "fn": 24,
        "interval": [pytest.approx(f1)] * 2,
    }  # fmt: skip
    assert found["labels"]["B"]["tp"] == 24
    assert found["labels"]["C"] == {
        "precision": None, "recall": None, "f1": None, "tp": 0, "fp": 0, "fn": 0, "interval": None
    }  # fmt: skip
    assert found["groups"]["event"]["tp"] == 56
    assert found["macro"]["labels"] == 2
    assert found["documents"] == 8
    assert found["boundary"]["tp"] == found["relaxed"]["tp"] == found["relaxed_iou"]["tp"] == 56
    assert found["left_out"] == {"unlabelled": 0, "assisted": 0}


def test_score_twice_gives_the_same_bytes(run):
    assert run("score", "gold.jsonl", "nine.jsonl", "--json") == run("score", "gold.jsonl", "nine.jsonl", "--json")


def test_score_table(run):
    status, out, _ = run("score", "gold.jsonl", "seven.jsonl")
    assert status == 0
    assert "8 bulletins, 80 gold spans, 56 predicted" in out
    (line,) = (line for line in out.splitlines() if line.strip().startswith("B "))
    assert line.split() == ["B", "1.000", "0.600", "0.750", "0.750–0.750", "40", "24"]


def test_score_leaves_out_assisted_gold_and_says_so(run):
    write_corpus("mixed.jsonl", [entry(GOLD[0], name="d0"), entry(GOLD[1], name="d1", assisted=True)])
    write_corpus("two.jsonl", entries([GOLD[0], []]))
    status, out, err = run("score", "mixed.jsonl", "two.jsonl", "--json")
    assert (status, json.loads(out)["strict"]["f1"], json.loads(out)["left_out"]["assisted"]) == (0, 1.0, 1)
    assert "left out 1 gold bulletins that started from suggestions" in err
    assert "one bulletin was scored: no interval" in err
    status, out, _ = run("score", "mixed.jsonl", "two.jsonl", "--json", "--include-assisted")
    assert json.loads(out)["strict"]["recall"] == 0.5


def test_score_with_another_schema(run, tmp_path):
    (tmp_path / "small.toml").write_text('[[labels]]\nname = "A"\n')
    status, out, err = run("score", "gold.jsonl", "seven.jsonl", "--schema", "small.toml")
    assert (status, out) == (1, "")
    assert "gold.jsonl, bulletin d0, has the label 'B', which the schema small does not have" in err


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "other.jsonl holds no"),
        ([{"id": "d0", "text": "x" * 60}], "other.jsonl holds no labelled bulletin"),
        ([{"id": "d0", "text": "short", "spans": [[0, 60, "A"]]}], "line 1: bulletin d0: the span 0-60 A ends beyond"),
        ([{"id": "z", "text": "x" * 60, "spans": []}], "lacks 1 of the 1 bulletins of other.jsonl (first: 'z')"),
        ([{"id": "d0", "text": "y" * 60, "spans": []}], "bulletin d0 has another text"),
    ],
)
def test_score_refuses_bad_gold_in_one_sentence(run, tmp_path, rows, says):
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_corpus("one.jsonl", [entry([], name="d0")])
    status, out, err = run("score", "other.jsonl", "one.jsonl")
    assert (status, out) == (1, "")
    assert says in err
    assert err.startswith("workbench: ")
    assert len(err.splitlines()) == 1


def test_score_of_nothing_predicted(run):
    write_corpus("none.jsonl", entries([[] for _ in GOLD]))
    status, out, _ = run("score", "gold.jsonl", "none.jsonl", "--json")
    strict = json.loads(out)["strict"]
    assert (status, strict["precision"], strict["recall"], strict["f1"]) == (0, None, 0.0, 0.0)


def test_score_refuses_unlabelled_predictions(run):
    write_corpus("raw.jsonl", [Entry(Document(f"d{i}", "x" * 60)) for i in range(8)])
    status, _, err = run("score", "gold.jsonl", "raw.jsonl")
    assert status == 1
    assert "is unlabelled in raw.jsonl" in err


def record(tmp_path, *names):
    found = {name: evaluate(GOLD, [spans[:right] for spans in GOLD]) for name, right in names}
    return [record_run(history_of(Workspace(tmp_path)), found[name], name=name, code="1") for name, _ in names]


def test_history_shows_runs_and_a_plot(run, tmp_path):
    status, out, _ = run("history")
    assert (status, out) == (0, "no run yet; record one with `workbench evaluate --data FILE`\n")
    record(tmp_path, ("first", 7), ("second", 9))
    status, out, _ = run("history")
    assert status == 0
    assert [line.split()[2] for line in out.splitlines() if line[:4].strip().isdigit()][:2] == ["first", "second"]
    assert out.count("●") == 2
    status, out, _ = run("history", "--json", "--last", "1")
    (row,) = json.loads(out)["runs"]
    assert (row["run"], row["name"], row["strict"]["tp"], row["labels"]["A"]["tp"]) == (2, "second", 72, 40)


def test_compare_runs_and_files_give_the_same(run, tmp_path):
    record(tmp_path, ("first", 7), ("second", 9))
    status, out, _ = run("compare", "first", "latest", "--json", "--resamples", "500")
    by_run = json.loads(out)
    assert (status, by_run["first"], by_run["second"]) == (0, "1 first", "2 second")
    status, out, _ = run("compare", "seven.jsonl", "nine.jsonl", "--gold", "gold.jsonl", "--json", "--resamples", "500")
    by_file = json.loads(out)
    assert by_run["micro"] == by_file["micro"]
    assert by_run["labels"] == by_file["labels"]
    assert by_run["micro"]["difference"] == pytest.approx(2 * 0.9 / 1.9 - 2 * 0.7 / 1.7)
    assert by_run["micro"]["p"] == pytest.approx(2 / 2**8, abs=0.01)
    status, out, _ = run("compare", "1", "2")
    assert "p by approximate randomisation" in out


def test_compare_wants_the_gold_for_files(run):
    status, _, err = run("compare", "seven.jsonl", "nine.jsonl")
    assert status == 2
    assert "name the gold that it is scored against with --gold" in err


def test_compare_refuses_other_data(run, tmp_path):
    record(tmp_path, ("first", 7))
    record_run(history_of(Workspace(tmp_path)), evaluate(GOLD[:4], GOLD[:4]), name="small")
    status, _, err = run("compare", "first", "small")
    assert status == 1
    assert "the two were not scored on the same data" in err


def test_gate_passes_and_fails_with_a_sentence(run, tmp_path):
    record(tmp_path, ("release", 9), ("worse", 7))
    status, out, err = run("gate", "--baseline", "release", "--margin", "0.01", "--resamples", "500")
    assert (status, out) == (3, "")
    assert err.startswith("workbench: 2 worse may not take the place of 1 release: F1 went from 0.947 to 0.824")
    status, out, _ = run("gate", "--baseline", "worse", "--candidate", "release", "--resamples", "500")
    assert status == 0
    assert out.startswith("1 release may take the place of 2 worse: F1 went from 0.824 to 0.947")
    status, out, _ = run("gate", "--baseline", "release", "--margin", "0.5", "--critical", "B", "--json")
    found = json.loads(out)
    assert (status, found["passed"], found["reasons"]) == (3, False, ["the critical label B fell from 0.889 to 0.750"])


def test_gate_on_one_document_is_refused(run):
    write_corpus("one.jsonl", entries(GOLD[:1]))
    status, _, err = run("gate", "--baseline", "one.jsonl", "--candidate", "one.jsonl", "--gold", "one.jsonl")
    assert status == 1
    assert "compared on one document; expected at least two" in err


def test_damaged_history_is_named_and_kept(run, tmp_path):
    record(tmp_path, ("first", 7))
    path = history_of(Workspace(tmp_path)).path
    path.write_bytes(b"junk" * 5000)
    for arguments in (["history"], ["compare", "1", "1"], ["gate", "--baseline", "1"]):
        status, out, err = run(*arguments)
        assert (status, out) == (1, "")
        assert "is damaged" in err
        assert len(err.splitlines()) == 1
    assert path.read_bytes() == b"junk" * 5000


def test_agreement(run):
    status, out, _ = run("agreement", "gold.jsonl", "nine.jsonl", "--json", "--show", "1")
    found = json.loads(out)
    assert (status, found["annotators"], found["documents"]) == (0, ["gold", "nine"], 8)
    assert found["f1"] == pytest.approx(2 * 0.9 / 1.9)
    assert (found["labels"]["A"]["f1"], found["labels"]["C"]["f1"], found["labels"]["C"]["alpha_u"]) == (
        1.0,
        None,
        None,
    )
    (pair,) = found["pairs"]
    assert pair["mismatches"] == 8
    assert pair["shown"][0]["first"] == {"start": 27, "end": 29, "label": "B", "text": "xx"}
    status, out, _ = run("agreement", "gold.jsonl", "nine.jsonl", "--show", "1")
    assert "what gold and nine disagree about: 8 places" in out
    assert "and 7 more" in out


def test_agreement_needs_two_files(run):
    assert run("agreement", "gold.jsonl")[0] == 2
    assert run("agreement", "gold.jsonl", "gold.jsonl")[0] == 2


def test_plot():
    marks = [Mark("1", 0.5, 0.4, 0.6), Mark("2", 0.6, 0.6, 0.6)]
    assert list(plot(marks, height=3)) == [
        " 0.600 ┤│ ●",
        " 0.500 ┤●",
        " 0.400 ┤│",
        "       └────",
        "        1 2",
    ]
    assert list(plot([])) == []
    assert len(list(plot([Mark("1", 0.5, 0.5, 0.5)], height=3))) == 5
