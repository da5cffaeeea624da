"""The learning curve of a model: runs on growing parts of its gold, kept as curve.json in its folder."""

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.schema import Schema
from workbench.score.columns import Ints
from workbench.score.growth import Growth, growth
from workbench.tag.model import read_manifest
from workbench.train.calibrate import settle
from workbench.train.material import Material, gather
from workbench.train.measure import measure
from workbench.train.run import make_learner, teach
from workbench.train.saving import saving, take_up
from workbench.train.settings import TrainingSettings, least_score
from workbench.train.together import by_first
from workbench.train.trainer import Watch

CURVE = "curve.json"
PARTS = (1 / 8, 1 / 4, 1 / 2, 1.0)
QUIET = Watch()


def learning_curve(
    folder: Path,
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    silver: Sequence[Entry] = (),
    schema: Schema,
    settings: TrainingSettings,
    cache: Path,
    repeats: int = 3,
    watch: Watch = QUIET,
) -> Growth:
    """The curve of the model in `folder`, which train_model made of the same: trained, and written beside it.

    Each repeat draws the gold in an order of its own and trains on its first eighth, quarter, half and on all of it,
    with a seed of its own; dev stays the same, and chooses the epoch of each run as it did for the model. A killed
    call is taken up by the next, and more repeats add to those that are there. Raises InputError where the folder
    holds another model.
    """
    material = gather(entries, dev=dev, silver=silver, schema=schema, settings=settings)
    made_from = material.fingerprint(schema, settings)
    if read_manifest(folder).made_from != made_from:
        raise InputError(f"{folder} holds a model of other data or settings; train it again, then its curve")
    work = folder.parent / f".{folder.name}.curve"
    with saving(folder):
        by_first(lambda: take_up(work, made_from))
        done = by_first(lambda: _read_runs(work, folder / CURVE, made_from))
        wanted = [(repeat, size) for repeat in range(repeats) for size in sizes_of(len(material.train))]
        for number, (repeat, size) in enumerate(wanted, start=1):
            if (repeat, size) not in done:
                part = nested_part(material.train, size, seed=settings.seed + repeat)
                watch.say(f"learning curve, run {number} of {len(wanted)}: {size} bulletins, repeat {repeat + 1}")
                done[repeat, size] = _run(
                    part, material, schema, replace(settings, seed=settings.seed + repeat), cache=cache, work=work
                )
                by_first(lambda: write_text(work / "runs.json", json.dumps(list(_rows(done)))))
            watch.step(number, len(wanted))
        found = growth({size: _stack(done, size) for _, size in wanted})

        def keep() -> None:
            write_text(folder / CURVE, json.dumps(_table(found, done, made_from)) + "\n")
            shutil.rmtree(work)

        by_first(keep)
    return found


def sizes_of(documents: int) -> tuple[int, ...]:
    """How many documents each part has, in growing order; none twice, none empty."""
    return tuple(sorted({max(1, round(documents * part)) for part in PARTS}))


def nested_part(entries: Sequence[Entry], size: int, *, seed: int) -> list[Entry]:
    """A random part, in the corpus's order; of the same seed, each smaller part lies within each larger one."""
    order = list(range(len(entries)))
    random.Random(seed).shuffle(order)  # noqa: S311 - a draw, no secret
    return [entries[place] for place in sorted(order[:size])]


_Runs = dict[tuple[int, int], list[list[int]]]


def _run(
    part: Sequence[Entry], material: Material, schema: Schema, settings: TrainingSettings, *, cache: Path, work: Path
) -> list[list[int]]:
    """Trains on a part; returns tp, fp and fn of each dev document."""
    place = work / f"{len(part)}-{settings.seed}"
    learner = make_learner(schema, settings, cache=cache)
    teach(learner, part, material.dev, silver=material.silver, work=place)

    def counted() -> list[list[int]]:
        settle(learner.tagger, material.dev, schema=schema, threshold=least_score(settings))
        counts: list[list[int]] = measure(learner.tagger, material.dev, schema).tables["strict"].sum(axis=1).tolist()
        shutil.rmtree(place, ignore_errors=True)
        return counts

    return by_first(counted)


def _stack(runs: _Runs, size: int) -> Ints:
    return np.array([counts for (_, documents), counts in sorted(runs.items()) if documents == size])


def _rows(runs: _Runs) -> Iterator[dict[str, Any]]:
    for (repeat, size), counts in sorted(runs.items()):
        yield {"repeat": repeat, "documents": size, "counts": counts}


def _read_runs(work: Path, finished: Path, made_from: str) -> _Runs:
    """The runs that an earlier call made, also one that came to its end with fewer repeats."""
    try:
        kept = json_value(finished.read_text(encoding="utf-8")) if finished.exists() else {}
        rows = kept["runs"] if kept.get("made_from") == made_from else []
        begun = work / "runs.json"
        rows = [*rows, *(json_value(begun.read_text(encoding="utf-8")) if begun.exists() else ())]
        return {(int(row["repeat"]), int(row["documents"])): row["counts"] for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{finished} or {work} is damaged ({error}); remove both and run it again") from None


def _table(found: Growth, runs: _Runs, made_from: str) -> dict[str, Any]:
    """What curve.json holds: points and projection for readers, the runs for more repeats."""
    ahead = found.projection
    return {
        "points": [
            {"documents": point.documents, "f1": point.f1, "runs": point.runs}
            | ({"low": point.interval.low, "high": point.interval.high} if point.interval else {})
            for point in found.points
        ],
        "projection": ahead
        and {
            "more": ahead.more,
            "gain": ahead.gain,
            "low": ahead.interval and ahead.interval.low,
            "high": ahead.interval and ahead.interval.high,
        },
        "made_from": made_from,
        "runs": list(_rows(runs)),
    }
