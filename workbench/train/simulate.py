"""`workbench simulate`: a corpus replayed by a learner, its steps kept in a file as they come."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.active.diverse import near_copies
from workbench.active.replay import Fitted, Learner, Plan, Replay
from workbench.active.results import Results, setup_of
from workbench.active.savings import Simulation, curves_of
from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.tag.model import read_manifest
from workbench.train.learners import FullLearner, HeadLearner
from workbench.train.material import beginning_of, check_gold
from workbench.train.run import QUIET
from workbench.train.settings import TrainingSettings
from workbench.train.trainer import Watch

LEARNERS = ("head", "full")
# Rounds of the full learner. A network that knows the task needs few; a bare encoder finds nothing in as few.
_ROUNDS, _ROUNDS_FROM_NONE = 4, 15


def simulate(
    entries: Sequence[Entry],
    *,
    plan: Plan,
    schema: Schema,
    learner: str,
    settings: TrainingSettings,
    results: Path,
    cache: Path,
    progress: Progress = silent,
    watch: Watch = QUIET,
) -> Simulation:
    """Replays labelled entries and compares the plan's strategies.

    `results` is the file of the steps, or a folder in which each set-up has a file of its own; a stopped run is taken
    up by the same call, and more strategies, seeds or steps go on from what is there. Raises CorpusError for
    overlapping spans or too few bulletins, SchemaError for a label outside the schema, InputError for another
    simulation's results or an unknown learner.
    """
    check_gold(entries, schema)
    chosen = _settings(settings)
    described = _describe(learner, chosen)
    setup = setup_of(entries, schema=schema, learner=described, plan=plan)
    path = results / f"{setup.name}.jsonl" if results.is_dir() or not results.suffix else results
    kept = Results(path, setup)
    later = _Later(learner, schema, chosen, cache, watch)
    clusters = near_copies([entry.document for entry in entries])
    replay = Replay(entries, clusters, plan=plan, learner=later, schema=schema)
    for step in progress(replay.run(dict(kept.steps)), what="replaying", total=replay.steps):
        kept.add(step)
    steps = kept.of(plan.strategies, plan.seeds, replay.sizes)
    return Simulation(tuple(curves_of(steps, held=plan.held)), tuple(steps), described, plan, len(entries), path)


class _Later:
    """A learner that is made when the first step is learned: a replay whose steps are all there loads no network."""

    def __init__(self, name: str, schema: Schema, settings: TrainingSettings, cache: Path, watch: Watch) -> None:
        self._make = (name, schema, settings, cache, watch)
        self._learner: Learner | None = None

    def fit(self, entries: Sequence[Entry], *, seed: int) -> Fitted:
        """See Learner."""
        if self._learner is None:
            self._learner = _learner(*self._make)
        return self._learner.fit(entries, seed=seed)


def _learner(name: str, schema: Schema, settings: TrainingSettings, cache: Path, watch: Watch) -> Learner:
    if name == "head":
        return HeadLearner(schema, settings, cache=cache, watch=watch)
    return FullLearner(schema, settings, cache)


def _settings(settings: TrainingSettings) -> TrainingSettings:
    if settings.epochs:
        return settings
    return replace(settings, epochs=_ROUNDS if beginning_of(settings) else _ROUNDS_FROM_NONE)


def _describe(learner: str, settings: TrainingSettings) -> str:
    """What a step learns, and from where; results of different ones are never mixed."""
    if learner not in LEARNERS:
        raise InputError(f"there is no learner {learner!r}; choose one of {', '.join(LEARNERS)}")
    beginning = beginning_of(settings)
    start = f"from {read_manifest(beginning).version}" if beginning else f"from the bare encoder {settings.encoder}"
    how = "the tag layer alone" if learner == "head" else f"the whole network, {settings.epochs} rounds"
    return f"{how}, {start}"
