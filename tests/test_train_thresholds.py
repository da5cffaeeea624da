"""The least scores with which spans are kept: fitted on dev, kept with the model, and worth what they promise."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.corpus import load_corpus
from workbench.core.errors import InputError
from workbench.core.workspace import find_workspace, packaged
from workbench.tag.model import load_model, read_manifest, write_manifest
from workbench.train.calibrate import Guess, fit_thresholds
from workbench.train.measure import measure
from workbench.train.settings import TrainingSettings, least_score, settings_from
from workbench.train.split import corpus_split

STARTER = packaged("models/starter")
needs_starter = pytest.mark.skipif(not (STARTER / "model.onnx").exists(), reason="this clone has no starter model")


def drawn(count: int, *, group: str, seed: int, power: float = 1.0) -> list[Guess]:
    """Guesses whose scores are the probabilities that they are right, or those raised to a power."""
    draw = random.Random(seed)  # noqa: S311 - data, no secret
    scores = [draw.uniform(0.05, 0.99) for _ in range(count)]
    return [Guess(score, draw.random() < score**power, group) for score in scores]


def f1_from(guesses: list[Guess], missed: int, least: float) -> float:
    kept = [guess.right for guess in guesses if guess.score >= least]
    return 2 * sum(kept) / (len(kept) + sum(guess.right for guess in guesses) + missed)


def test_scores_that_are_probabilities_give_half_of_the_f1() -> None:
    found = fit_thresholds(drawn(20_000, group="figure", seed=1), ["figure", "place"], f1=0.8)
    assert found["figure"] == pytest.approx(0.4, abs=0.02)
    assert found["place"] == pytest.approx(found["figure"], abs=0.02)  # a group without spans is as all are


def test_a_group_that_is_too_sure_of_itself_has_a_higher_threshold() -> None:
    sure = drawn(5000, group="party", seed=2, power=3.0)
    found = fit_thresholds([*drawn(5000, group="figure", seed=3), *sure], ["figure", "party"], f1=0.8)
    assert found["figure"] == pytest.approx(0.4, abs=0.05)
    assert found["party"] == pytest.approx(0.4 ** (1 / 3), abs=0.06)


def test_a_few_spans_of_a_group_move_its_threshold_little() -> None:
    many = drawn(5000, group="party", seed=4)
    wrong = [Guess(0.7, False, "figure")] * 3
    found = fit_thresholds([*many, *wrong], ["figure", "party"], f1=0.8)
    assert found["party"] < found["figure"] < found["party"] + 0.15


def test_the_threshold_is_near_the_best_one_for_f1() -> None:
    guesses = drawn(5000, group="event", seed=5, power=2.0)
    missed = 500
    found = fit_thresholds(guesses, ["event"], f1=f1_from(guesses, missed, 0.0))["event"]
    best = max(f1_from(guesses, missed, least) for least in np.linspace(0, 0.95, 96))
    assert f1_from(guesses, missed, 0.0) + 0.02 < best
    assert f1_from(guesses, missed, found) > best - 0.01


@pytest.mark.parametrize("f1", [0.0, 1.0])
def test_where_nothing_is_said_nothing_is_left_out(f1: float) -> None:
    assert fit_thresholds([], ["event"], f1=f1) == {"event": 0.0}
    assert fit_thresholds([Guess(0.3, False, "event")], ["event"], f1=0.0) == {"event": 0.0}
    upside_down = [Guess(0.9, False, "event"), Guess(0.1, True, "event")] * 500
    assert fit_thresholds(upside_down, ["event"], f1=0.5) == {"event": 0.0}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(Guess, st.floats(0, 1), st.booleans(), st.sampled_from(["event", "time"])), max_size=30),
    st.floats(0, 1),
)
def test_thresholds_are_scores_whatever_dev_says(guesses: list[Guess], f1: float) -> None:
    found = fit_thresholds(guesses, ["event", "time"], f1=f1)
    assert set(found) == {"event", "time"}
    assert all(0 <= least <= 0.9 for least in found.values())


@needs_starter
def test_the_starter_leaves_out_what_is_more_often_wrong_than_worth_it() -> None:
    model = load_model(STARTER)
    _, test = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    texts = [entry.document.text for entry in test]
    kept, chosen = model.tagger.label(texts), model.tagger.thresholds
    counts = measure(model.tagger, test, model.schema).counts()
    assert (
        chosen["FIGURE_KILLED"] < 0.5 < 0.58 < chosen["ACTOR"]  # measured: .473 and .603
    )  # a doubtful number is worth more than a doubtful name
    model.tagger.thresholds = {}
    everything = model.tagger.label(texts)
    for one, whole in zip(kept, everything, strict=True):
        assert one.spans == tuple(span for span in whole.spans if (span.score or 0) >= chosen[span.label])
    all_counts = measure(model.tagger, test, model.schema).counts()
    assert counts.f1 is not None
    assert all_counts.f1 is not None
    assert counts.f1 > all_counts.f1  # measured: .872 and .869
    assert (all_counts.tp - counts.tp) < (all_counts.fp - counts.fp) / 1.5


@needs_starter
def test_thresholds_are_kept_with_the_model_and_named_in_its_version(tmp_path: Path) -> None:
    manifest = read_manifest(STARTER)
    assert set(manifest.thresholds) == set(manifest.schema.groups)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    bare = replace(manifest, thresholds={})
    assert bare.version != manifest.version
    assert bare.version == replace(manifest, thresholds=dict.fromkeys(manifest.thresholds, 0.0)).version


def test_the_groups_of_a_schema_are_those_that_have_labels() -> None:
    assert find_workspace().schema().groups == ("event", "figure", "party", "place", "time", "means")


@pytest.mark.parametrize(("said", "least"), [("auto", None), ("0", 0.0), ("0.5", 0.5), ("1", 1.0)])
def test_a_threshold_can_be_set(said: str, least: float | None) -> None:
    assert least_score(settings_from({"threshold": said})) == least


@pytest.mark.parametrize("said", ["none", "1.5", "-0.1", "nan", ""])
def test_a_threshold_that_is_no_score_is_refused(said: str) -> None:
    with pytest.raises(InputError, match=r"threshold is .*expected auto or a number from 0 to 1"):
        least_score(replace(TrainingSettings(), threshold=said))
