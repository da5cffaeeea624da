"""A real replay on gold by the tag layer alone, stopped and taken up, and the page that shows it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from workbench.active.replay import RANDOM, Plan, Step
from workbench.active.savings import Simulation, curves_of
from workbench.cli.app import workbench
from workbench.cli.plot import plot_curves
from workbench.core.corpus import load_corpus, write_corpus
from workbench.core.schema import load_schema
from workbench.core.workspace import packaged
from workbench.report.curves import against_random, all_curves
from workbench.report.simulation import render_simulation
from workbench.score.counts import Counts

GOLD = Path(__file__).parents[2] / "shared/data/gold/train.jsonl"


def steps() -> list[Step]:
    f1 = {RANDOM: (500, 600, 650), "entropy": (500, 640, 660)}
    return [
        Step(name, seed, size, Counts(right + seed, 1000 - right - seed, 1000 - right - seed), (f"{size}",))
        for name, row in f1.items()
        for seed in range(3)
        for size, right in zip((10, 20, 30), row, strict=True)
    ]


def simulation() -> Simulation:
    plan = Plan((RANDOM, "entropy"), seeds=3)
    curves = tuple(curves_of(steps(), held=plan.held))
    return Simulation(curves, tuple(steps()), "the tag layer alone", plan, 60, Path("r.jsonl"))


def test_the_page_needs_no_network_and_draws_every_curve() -> None:
    page = render_simulation(simulation(), corpus="<b>gold</b>.jsonl")
    assert "&lt;b&gt;gold" in page
    assert "<b>gold" not in page
    assert not re.search(r"(src|href)=|url\(|https?:", page)
    drawings = [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]  # noqa: S314
    charts = [one for one in drawings if one.get("role") == "img"]
    assert [len(one.findall("polyline")) for one in charts] == [2, 2]
    assert [len(one.findall("polygon")) for one in charts] == [0, 2]
    assert "entropy: better than random order" in page


def test_points_stand_where_their_values_are() -> None:
    together, (apart,) = all_curves(simulation().curves), against_random(simulation().curves)
    assert [line.name for line in together.lines] == [RANDOM, "entropy"]
    points = [tuple(map(float, point.split(","))) for point in together.lines[0].points.split()]
    assert [x for x, _ in points] == [44.0, 236.0, 428.0]
    ticks = {tick.text: tick.at for tick in together.y_ticks}
    assert points[0][1] == pytest.approx(ticks["0.50"] - (ticks["0.50"] - ticks["0.55"]) * 0.001 / 0.05, abs=0.06)
    assert len(apart.lines[1].band.split()) == 6


def test_no_curve_hides_another_in_the_terminal() -> None:
    lines = plot_curves([10, 20], [("random", [0.5, 0.6]), ("entropy", [0.5, 0.7])], height=3)
    assert lines == [
        " 0.700 ┤     b",
        " 0.600 ┤    a",
        " 0.500 ┤ab",
        "       └────────",
        "        10  20",
        "        a random",
        "        b entropy",
    ]


def test_mistakes_are_said_in_a_sentence(tmp_path: Path) -> None:
    corpus = tmp_path / "c.jsonl"
    corpus.write_text('{"id": "a", "text": "Six died in Kabul.", "spans": [[12, 17, "LOCATION"]]}\n')
    found = CliRunner().invoke(workbench, ["simulate", str(corpus), "--strategy", "best"])
    assert "there is no strategy 'best'" in str(found.exception)
    found = CliRunner().invoke(workbench, ["simulate", str(corpus), "--results", str(tmp_path / "r.jsonl")])
    assert "a curve needs two steps or more" in str(found.exception)
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.slow
def test_a_real_replay_goes_on_where_it_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not GOLD.exists():
        pytest.skip(f"{GOLD} is not there")
    monkeypatch.chdir(tmp_path)
    write_corpus("c.jsonl", load_corpus(GOLD)[:16])
    arguments = [
        *("simulate", "c.jsonl", "--strategy", "kl_to_mean", "--seeds", "2", "--first", "3", "--step", "3"),
        *("--until", "9", "--committee", "2", "--results", "r.jsonl", "-o", "page.html", "--json"),
    ]
    done = CliRunner().invoke(workbench, arguments, catch_exceptions=False)
    answer = json.loads(done.stdout)
    whole = Path("r.jsonl").read_bytes()
    assert len(whole.splitlines()) == 1 + 2 * 2 * 3
    random, kl = answer["strategies"]
    assert random["f1"][0] == kl["f1"][0]
    assert 0.3 < random["f1"][0]["mean"] < 1
    # A kill in the middle of the seventh step: the same command comes to the same bytes.
    Path("r.jsonl").write_bytes(b"\n".join(whole.split(b"\n")[:8])[:-40])
    again = CliRunner().invoke(workbench, arguments, catch_exceptions=False)
    assert json.loads(again.stdout) == answer
    assert Path("r.jsonl").read_bytes() == whole
    assert "kl_to_mean" in Path("page.html").read_text()


@pytest.mark.slow
def test_the_full_learner_trains_the_whole_network_from_its_start_at_each_step(tmp_path: Path) -> None:
    if not GOLD.exists():
        pytest.skip(f"{GOLD} is not there")
    from workbench.train.learners import FullLearner
    from workbench.train.settings import TrainingSettings

    entries = [entry for entry in load_corpus(GOLD) if len(entry.document.text) < 300][:3]
    schema = load_schema(packaged("annotations/schema.toml"))
    learner = FullLearner(schema, TrainingSettings(epochs=1, learning_rate=1e-5), tmp_path)
    documents = [entry.document for entry in entries]
    first, second = (learner.fit(entries[:2], seed=seed).log_probs(documents) for seed in (1, 1))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert not list(tmp_path.rglob("checkpoint-*"))
