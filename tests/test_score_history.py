"""The history of runs: what goes in comes out, and a damaged file is named and kept."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from score_help import corpora, evaluate

from workbench.core.errors import InputError, SchemaError
from workbench.score.gate import judge
from workbench.score.history import History
from workbench.score.paired import compare_paired
from workbench.score.record import code_version, evaluation_of, packed, record_run, unpacked
from workbench.score.resample import bootstrap
from workbench.score.summary import summary

GOLD = [[(3 * i, 3 * i + 2, "AB"[i % 2]) for i in range(10)] for _ in range(8)]


def scored(right):
    return evaluate(GOLD, [spans[:right] for spans in GOLD])


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "state" / "history.sqlite3")


def test_what_goes_in_comes_out(history):
    assert history.runs() == []
    card = {"base": "minilm", "trained": {"documents": 412}}
    evaluation = scored(7)
    run = record_run(
        history,
        evaluation,
        name="release-1",
        model_hash="m1",
        model_card=card,
        prompt_hash="p1",
        settings={"threshold": 0.5},
        recorded="2024-05-08T10:00:00+00:00",
        code="1.2.3",
    )
    assert history.runs() == [run]
    assert (run.id, run.name, run.model_hash, run.model_card, run.prompt_hash) == (1, "release-1", "m1", card, "p1")
    assert (run.settings, run.recorded, run.code_version) == ({"threshold": 0.5}, "2024-05-08T10:00:00+00:00", "1.2.3")
    assert (run.data_hash, run.schema_hash) == (evaluation.data_hash, evaluation.schema_hash)
    assert run.summary == summary(evaluation, bootstrap(evaluation))
    assert run.f1 == evaluation.counts().f1


def test_a_run_of_the_history_compares_as_the_evaluation_did(history):
    one, other = scored(7), scored(9)
    runs = [record_run(history, found, name=name) for name, found in (("a", one), ("b", other))]
    again = [evaluation_of(run) for run in history.runs()]
    assert [run.id for run in runs] == [1, 2]
    assert compare_paired(*again, resamples=100) == compare_paired(one, other, resamples=100)


@settings(max_examples=30, deadline=None)
@given(corpora())
def test_counts_survive_packing(pairs):
    table = evaluate([p[0] for p in pairs], [p[1] for p in pairs]).tables["strict"]
    assert (unpacked(packed(table), 3, where="x") == table).all()


def test_runs_by_number_name_and_latest(history):
    for name in ("a", "b", "a"):
        record_run(history, scored(5), name=name)
    assert [history.run(name).id for name in ("1", "a", "b", "latest")] == [1, 3, 2, 3]
    with pytest.raises(InputError, match=r"no run '9' is in the history \(newest: 1 a, 2 b, 3 a\)"):
        history.run("9")


def test_nothing_recorded_yet(history):
    with pytest.raises(InputError, match="holds no run yet; record one with workbench evaluate"):
        history.run("latest")
    assert not history.path.exists()


@pytest.mark.parametrize("damage", [b"no database at all" * 100, None])
def test_a_damaged_file_is_named_and_kept(history, damage):
    for _ in range(3):
        record_run(history, scored(5), name="a", settings={"note": "x" * 9000})
    content = bytearray(history.path.read_bytes())
    history.path.write_bytes(damage or bytes(content[:8192] + b"\xff" * 4096 + content[12288:]))
    before = history.path.read_bytes()
    for use in (history.runs, lambda: record_run(history, scored(5), name="b")):
        with pytest.raises(
            InputError, match=r"history\.sqlite3 is damaged \(.*\); nothing was changed in it.*mv .*damaged"
        ):
            use()
    assert history.path.read_bytes() == before


def test_a_row_that_cannot_be_read_is_named(history):
    record_run(history, scored(5), name="a")
    with sqlite3.connect(history.path) as database:
        database.execute("update runs set summary = '{' where id = 1")
    database.close()
    with pytest.raises(InputError, match=r"is damaged .run 1 cannot be read"):
        history.runs()


def test_damaged_counts_leave_the_history_readable(history):
    run = record_run(history, scored(5), name="a")
    for counts in (b"junk", packed(scored(5).tables["strict"])[:-3]):
        with pytest.raises(InputError, match="run 1 of the history has damaged counts"):
            evaluation_of(replace(run, counts=counts))


def test_a_database_of_something_else_or_of_a_later_version(history):
    history.path.parent.mkdir()
    with sqlite3.connect(history.path) as database:
        database.execute("create table others (x)")
    database.close()
    with pytest.raises(InputError, match="is a database of something else"):
        history.runs()
    history.path.unlink()
    record_run(history, scored(5), name="a")
    with sqlite3.connect(history.path) as database:
        database.execute("pragma user_version = 9")
    database.close()
    with pytest.raises(InputError, match="has version 9, this workbench knows 1; update it"):
        history.runs()


def test_a_folder_in_the_way(history):
    history.path.mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be used"):
        history.runs()


def test_code_version_begins_with_the_package_version():
    from workbench import __version__

    assert code_version().startswith(__version__)


def test_gate_lets_better_pass_and_stops_worse():
    assert judge(scored(7), scored(9), margin=0.0, resamples=200).passed
    assert judge(scored(7), scored(7), margin=0.0, resamples=200).passed
    verdict = judge(scored(9), scored(7), margin=0.01, resamples=200)
    assert verdict.reasons == (
        "F1 went from 0.947 to 0.824, and the lower bound of the difference, -0.124, lies under -0.010",
    )
    assert judge(scored(9), scored(7), margin=0.2, resamples=200).passed


def test_gate_watches_critical_labels():
    # One A less and nothing else: inside the margin, but A is critical.
    found = judge(scored(10), scored(9), margin=0.5, critical=["A", "B"], resamples=200)
    assert found.reasons == ("the critical label B fell from 1.000 to 0.889",)
    with pytest.raises(SchemaError, match="critical label 'Z'"):
        judge(scored(9), scored(9), margin=0.1, critical=["Z"])


def test_gate_says_no_where_gold_is_too_little():
    little = evaluate([[(0, 1, "A")], [(0, 1, "A")]], [[(0, 1, "A")], []])
    assert judge(little, little, margin=0.1).reasons == (
        "there are too few gold spans to bound the difference in F1; evaluate on more gold",
    )
