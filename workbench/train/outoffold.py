"""What models that never saw a bulletin make of it: k models, each trained on the bulletins of the other folds."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from workbench.check.doubts import Reading
from workbench.core.corpus import Entry
from workbench.core.errors import InputError
from workbench.core.files import replacing
from workbench.core.schema import Schema
from workbench.tag.decode import Floats
from workbench.tag.tagger import Tagger
from workbench.train.material import Material, check_gold
from workbench.train.run import QUIET, make_learner, teach
from workbench.train.settings import TrainingSettings
from workbench.train.split import folds
from workbench.train.trainer import Watch


def out_of_fold(
    entries: Sequence[Entry],
    *,
    schema: Schema,
    settings: TrainingSettings,
    count: int,
    folder: Path,
    cache: Path,
    watch: Watch = QUIET,
) -> list[Reading]:
    """A reading of each entry, in order; near-duplicates are never on both sides.

    Each fold is kept in `folder` when it is done, and a killed one taken up, so that asking again for the same
    entries, schema and settings costs nothing. Raises CorpusError for fewer different bulletins than folds or spans
    that overlap, SchemaError for a strange label.
    """
    check_gold(entries, schema)
    made_from = Material(tuple(entries), ()).fingerprint(schema, settings)
    place = {id(entry): row for row, entry in enumerate(entries)}
    found: dict[int, Reading] = {}
    for number, (train, test) in enumerate(folds(entries, count=count, seed=settings.seed), start=1):
        kept = folder / f"{made_from[:16]}-{number}-of-{count}.npz"
        if not kept.exists():
            watch.say(f"fold {number} of {count}")
            work = kept.with_suffix(".training")
            learner = make_learner(schema, settings, cache=cache, watch=watch)
            teach(learner, train, (), work=work, watch=watch)
            _save(kept, read(learner.tagger, test))
            shutil.rmtree(work, ignore_errors=True)
        found |= zip((place[id(entry)] for entry in test), _load(kept), strict=True)
    return [found[row] for row in range(len(entries))]


def read(tagger: Tagger, entries: Sequence[Entry]) -> list[Reading]:
    """The tagger's reading of each entry; what begins and what goes on with a label counts as the label."""
    units = tagger.units([entry.document.text for entry in entries])
    return [
        Reading(unit.starts, unit.ends, _by_label(scores))
        for unit, scores in zip(units, tagger.log_probs(units), strict=True)
    ]


def _by_label(log_probs: Floats) -> Floats:
    """Probabilities [units, 1 + labels] from log probabilities of the tags [units, 1 + 2 * labels]."""
    probs = np.exp(log_probs)
    return np.concatenate([probs[:, :1], probs[:, 1::2] + probs[:, 2::2]], axis=1)


def _save(path: Path, readings: Sequence[Reading]) -> None:
    lengths = np.array([len(reading.starts) for reading in readings])
    parts = {name: np.concatenate([getattr(r, name) for r in readings]) for name in ("starts", "ends", "probs")}
    with replacing(path) as file:
        np.savez_compressed(file, lengths=lengths, **parts)


def _load(path: Path) -> list[Reading]:
    try:
        with np.load(path) as kept:
            cuts = np.cumsum(kept["lengths"])[:-1]
            parts = (np.split(kept[name], cuts) for name in ("starts", "ends", "probs"))
            return [Reading(*part) for part in zip(*parts, strict=True)]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path} is damaged ({error}); remove it, then run the same command again") from None
