"""One training run from annotated bulletins to a model folder, resumable until the folder is there."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry
from workbench.core.files import write_text
from workbench.core.schema import Schema
from workbench.tag.model import MANIFEST, Manifest, file_hash, read_manifest, write_manifest
from workbench.tag.shape import shape_of
from workbench.tag.tagger import Reading, Tagger
from workbench.train.calibrate import calibration_errors, settle
from workbench.train.card import model_card
from workbench.train.encoders import encoder_path
from workbench.train.examples import make_examples
from workbench.train.material import Material, beginning_of, gather
from workbench.train.measure import measure, scores_for_manifest
from workbench.train.precisions import quicken
from workbench.train.reporting import integrations
from workbench.train.saving import MODEL, check_folder, end_run, finished, note_finished, saving, take_up
from workbench.train.settings import TrainingSettings, least_score, rate, rounds
from workbench.train.silver import NO_SILVER, Silver
from workbench.train.start import Start, start_from
from workbench.train.together import by_first, processes
from workbench.train.trainer import Watch, fit

QUIET = Watch()


@dataclass(frozen=True)
class TrainingResult:
    """What a run came to: the model folder, its manifest, the documents on either side and F1 after each epoch."""

    folder: Path
    manifest: Manifest
    train: tuple[Entry, ...]
    dev: tuple[Entry, ...]
    epochs: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class Learner:
    """A network being trained, the encoder folder and model it came from, and the tagger that runs it as it is now.

    `taught` says how bulletins are cut to learn from, which may be in longer windows than the tagger reads.
    """

    source: str
    network: Any
    tokenizer: Any
    tagger: Tagger
    taught: Reading
    start: Start | None
    schema: Schema
    settings: TrainingSettings


@dataclass(frozen=True)
class Measured:
    """What dev said of a run: the temperature of its probabilities, the scores under which spans of each group of
    labels are left out, and the scores that it has with both."""

    temperature: float
    thresholds: dict[str, float]
    scores: dict[str, Any]


def train_model(
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    silver: Sequence[Entry] = (),
    without_silver: bool = False,
    schema: Schema,
    settings: TrainingSettings,
    folder: Path,
    cache: Path,
    watch: Watch = QUIET,
    aside: Callable[[Path], object] = shutil.rmtree,
) -> TrainingResult:
    """Fine-tunes an encoder on labelled entries and writes a model folder, whole or not at all.

    Without `dev`, a frozen part of the documents is held out to measure on; a small corpus is then learned once more
    as a whole for the weights that are kept (see refit_below). `silver` is learned beside the gold (see train.silver);
    with `without_silver` a second run without it says what it adds. A killed run is taken up by the same call. An
    older model in `folder` stays in place until the new one is complete, and is then given to `aside`. Where several
    processes make the run, each calls this, and the first one writes. Raises CorpusError for overlapping spans or too
    few documents, SchemaError for a label outside the schema, InputError for an encoder that does not load, an
    integration (settings.report_to) that is not there, or a `folder` of something else.
    """
    check_folder(folder)
    integrations(settings.report_to)
    least_score(settings)
    material = gather(entries, dev=dev, silver=silver, schema=schema, settings=settings)
    made_from = material.fingerprint(schema, settings)
    work = folder.parent / f".{folder.name}.training"
    with saving(folder):
        kind = (f" {processes()}" if processes() > 1 else "") + (" with a report on silver" if without_silver else "")
        by_first(lambda: take_up(work, made_from + kind))
        if (done := by_first(lambda: _ended(work, folder, aside))) is not None:
            watch.say("the model was complete when its run was stopped; it is put in place")
            return TrainingResult(folder, read_manifest(folder), material.train, material.dev, done)
        learner = make_learner(schema, settings, cache=cache, watch=watch)
        epochs = teach(learner, material.train, material.dev, silver=material.silver, work=work, watch=watch)
        alone = _scores_of_gold_alone(learner, material, work, cache, watch) if without_silver else None
        measured = by_first(lambda: _measured(learner, material, without_silver=alone))
        refit = material.held_out and len(entries) <= settings.refit_below
        if refit:
            watch.say("measured; now training on all of them, dev included, for the weights that are kept")
            learner = make_learner(schema, settings, cache=cache)
            teach(learner, entries, (), silver=material.silver, work=work / "refit", watch=watch)

        def finish() -> Manifest:
            model = work / MODEL
            manifest = _write(learner, measured, model=model, name=folder.name, made_from=made_from)
            card = model_card(manifest, settings=settings, material=material, epochs=epochs, refit=refit)
            write_text(model / "README.md", card)
            if settings.faster == "auto":
                manifest = quicken(model, calibrate=material.train, dev=material.dev, say=watch.say)
            note_finished(work, epochs)
            end_run(work, folder, aside)
            return manifest

        manifest = by_first(finish)
    return TrainingResult(folder, manifest, material.train, material.dev, tuple(epochs))


def _ended(work: Path, folder: Path, aside: Callable[[Path], object]) -> tuple[dict[str, float], ...] | None:
    """Ends a run that was killed at its very end, and returns its epochs; None where there is none."""
    epochs = finished(work)
    if epochs is not None:
        end_run(work, folder, aside)
    return epochs


def up_to_date(
    folder: Path,
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    silver: Sequence[Entry] = (),
    schema: Schema,
    settings: TrainingSettings,
) -> bool:
    """Whether `folder` holds the model that train_model would make of the same."""
    if not (folder / MANIFEST).exists():
        return False
    material = gather(entries, dev=dev, silver=silver, schema=schema, settings=settings)
    return read_manifest(folder).made_from == material.fingerprint(schema, settings)


def make_learner(schema: Schema, settings: TrainingSettings, *, cache: Path, watch: Watch = QUIET) -> Learner:
    """A network over the schema's tags, with the weights that the settings say to start from."""
    from transformers import set_seed

    from workbench.train.network import build_network, load_tokenizer, reading_of, torch_tagger

    by_first(lambda: encoder_path(settings.encoder, cache=cache))  # unpacked once, not by several at a time
    source = encoder_path(settings.encoder, cache=cache)
    set_seed(settings.seed)  # the new layer is drawn at random, before the Trainer sets its own seed
    network = build_network(source, schema=schema, settings=settings)
    beginning = beginning_of(settings)
    start = start_from(network, beginning, tags=schema.tags) if beginning else None
    if start:
        watch.say(str(start))
    tokenizer, taught = load_tokenizer(source), reading_of(source, window=settings.window, overlap=settings.overlap)
    width = min(settings.read or taught.width, taught.width)
    reading = replace(taught, width=width, overlap=min(taught.overlap, width // 2))
    tagger = torch_tagger(network, tokenizer=tokenizer, labels=schema.names, reading=reading)
    return Learner(source, network, tokenizer, tagger, taught, start, schema, settings)


def teach(
    learner: Learner,
    train: Sequence[Entry],
    dev: Sequence[Entry],
    *,
    silver: Silver = NO_SILVER,
    work: Path | None,
    watch: Watch = QUIET,
) -> list[dict[str, float]]:
    """Trains the learner's network in place; returns one row per epoch. Checkpoints go to `work`, if anywhere."""
    cut = partial(make_examples, schema=learner.schema, tagger=learner.tagger, reading=learner.taught)
    examples = cut(train)
    learner.tagger.shape = shape_of(train)
    watch.say(
        examples.summary(documents=len(train))
        + (f"; measuring on {len(dev)} other{'s' * (len(dev) > 1)}" if dev else "")
    )
    if silver.entries:
        weight = learner.settings.silver_weight
        watch.say(silver.summary(weight))
        lighter = cut(silver.entries, unknown=silver.unknown)
        examples = examples.weighted(1.0) + lighter.weighted(weight)
    start = learner.start
    return fit(
        learner.network,
        examples=examples,
        dev=dev,
        schema=learner.schema,
        tagger=learner.tagger,
        settings=learner.settings,
        epochs=rounds(learner.settings, len(examples.rows), prepared=bool(start and start.complete)),
        learning_rate=rate(learner.settings, learner.network.config.hidden_size, from_model=start is not None),
        folder=work,
        watch=watch,
    )


def _scores_of_gold_alone(
    learner: Learner, material: Material, work: Path, cache: Path, watch: Watch
) -> dict[str, Any] | None:
    """Scores on dev of a second run like the learner's, without the silver; None where there is none."""
    if not material.silver.entries:
        return None
    watch.say("now training without the silver bulletins, to say what they add")
    plain = make_learner(learner.schema, learner.settings, cache=cache)
    teach(plain, material.train, material.dev, work=work / "gold-alone", watch=watch)
    return by_first(lambda: _scored(plain, material.dev).scores)


def _scored(learner: Learner, dev: Sequence[Entry]) -> Measured:
    """What dev says of the network as it is now; its tagger has that temperature and those thresholds from then on."""
    tagger, schema = learner.tagger, learner.schema
    thresholds = settle(tagger, dev, schema=schema, threshold=least_score(learner.settings))
    scores = scores_for_manifest(measure(tagger, dev, schema))
    return Measured(tagger.temperature, thresholds, scores | {"calibration": calibration_errors(tagger, dev, schema)})


def _measured(learner: Learner, material: Material, *, without_silver: dict[str, Any] | None) -> Measured:
    """The same, with what silver there was."""
    measured, silver = _scored(learner, material.dev), material.silver
    if not silver.entries:
        return measured
    said = {
        "weight": learner.settings.silver_weight,
        "documents": len(silver.entries),
        "spans": silver.spans,
        "dropped": dict(silver.dropped),
        "masked": dict(silver.masked),
    } | ({"without": without_silver} if without_silver else {})
    return replace(measured, scores=measured.scores | {"silver": said})


def _write(learner: Learner, measured: Measured, *, model: Path, name: str, made_from: str) -> Manifest:
    """Everything of the model folder but its card."""
    from workbench.train.export import export_onnx
    from workbench.train.network import save_tokenizer

    shutil.rmtree(model, ignore_errors=True)
    model.mkdir(parents=True)
    learner.network.save_pretrained(model / "checkpoint")
    save_tokenizer(learner.source, model / "checkpoint")
    learner.tokenizer.save(str(model / "tokenizer.json"))
    export_onnx(learner.network, model / "model.onnx")
    write_text(model / "settings.json", json.dumps(asdict(learner.settings), indent=2) + "\n")
    manifest = Manifest(
        name=name,
        schema=learner.schema,
        reading=learner.tagger.reading,
        temperature=measured.temperature,
        thresholds=measured.thresholds,
        encoder=learner.settings.encoder,
        files={file: file_hash(model / file) for file in ("model.onnx", "tokenizer.json")},
        scores=measured.scores,
        made_from=made_from,
        shape=learner.tagger.shape,
    )
    write_manifest(model, manifest)
    return manifest
