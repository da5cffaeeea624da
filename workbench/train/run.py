"""One training run from annotated bulletins to a model folder, resumable until the folder is there."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, dump_row
from workbench.core.errors import CorpusError, InputError
from workbench.core.files import write_text
from workbench.core.schema import Schema
from workbench.core.span import overlapping_pairs
from workbench.core.workspace import packaged
from workbench.tag.model import MANIFEST, Manifest, file_hash, read_manifest, write_manifest
from workbench.tag.tagger import Tagger
from workbench.train.calibrate import fit_temperature
from workbench.train.card import model_card
from workbench.train.encoders import encoder_path
from workbench.train.examples import make_examples
from workbench.train.measure import measure, scores_for_manifest
from workbench.train.precisions import quicken
from workbench.train.reporting import integrations
from workbench.train.settings import TrainingSettings, rate, rounds
from workbench.train.split import frozen_split
from workbench.train.start import start_from
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
    """A network being trained, the encoder folder that it came from, and the tagger that runs it as it is now."""

    source: str
    network: Any
    tokenizer: Any
    tagger: Tagger
    beginning: Path | None
    schema: Schema
    settings: TrainingSettings


@dataclass(frozen=True)
class Measured:
    """What dev said of a run: the temperature of its probabilities, and its scores."""

    temperature: float
    scores: dict[str, Any]


def train_model(
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    schema: Schema,
    settings: TrainingSettings,
    folder: Path,
    cache: Path,
    watch: Watch = QUIET,
) -> TrainingResult:
    """Fine-tunes an encoder on labelled entries and writes a model folder, whole or not at all.

    Without `dev`, a frozen part of the documents is held out to measure on; a small corpus is then learned once more
    as a whole for the weights that are kept (see refit_below). A killed run is taken up by the same call. An older
    model in `folder` stays in place until the new one is complete. Raises CorpusError for overlapping spans or too
    few documents, SchemaError for a label outside the schema, InputError for an encoder that does not load or
    an integration (settings.report_to) that is not there.
    """
    integrations(settings.report_to)
    for part in (entries, dev or ()):
        _check_gold(part, schema)
    train_part, dev_part = _parts(entries, dev, settings)
    made_from = _fingerprint(train_part, dev_part, schema, settings)
    work = folder.parent / f".{folder.name}.training"
    with _saving(folder):
        _take_up(work, made_from)
        learner = make_learner(schema, settings, cache=cache, watch=watch)
        epochs = teach(learner, train_part, dev_part, work=work, watch=watch)
        measured = Measured(
            temperature=fit_temperature(learner.tagger, dev_part),
            scores=scores_for_manifest(measure(learner.tagger, dev_part, schema)),
        )
        refit = not dev and len(entries) <= settings.refit_below
        if refit:
            watch.say("measured; now training on all of them, dev included, for the weights that are kept")
            learner = make_learner(schema, settings, cache=cache)
            teach(learner, entries, (), work=work / "refit", watch=watch)
        manifest = _write(learner, measured, model=work / "model", name=folder.name, made_from=made_from)
        card = model_card(manifest, settings=settings, train=train_part, dev=dev_part, epochs=epochs, refit=refit)
        write_text(work / "model" / "README.md", card)
        if settings.faster == "auto":
            manifest = quicken(work / "model", calibrate=train_part, dev=dev_part, say=watch.say)
        _put_in_place(work / "model", folder)
        shutil.rmtree(work)
    return TrainingResult(folder, manifest, tuple(train_part), tuple(dev_part), tuple(epochs))


def up_to_date(
    folder: Path,
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    schema: Schema,
    settings: TrainingSettings,
) -> bool:
    """Whether `folder` holds the model that train_model would make of the same."""
    if not (folder / MANIFEST).exists():
        return False
    train_part, dev_part = _parts(entries, dev, settings)
    return read_manifest(folder).made_from == _fingerprint(train_part, dev_part, schema, settings)


def make_learner(schema: Schema, settings: TrainingSettings, *, cache: Path, watch: Watch = QUIET) -> Learner:
    """A network over the schema's tags, with the weights that the settings say to start from."""
    from transformers import set_seed

    from workbench.train.network import build_network, load_tokenizer, reading_of, torch_tagger

    source = encoder_path(settings.encoder, cache=cache)
    set_seed(settings.seed)  # the new layer is drawn at random, before the Trainer sets its own seed
    network = build_network(source, schema=schema, settings=settings)
    beginning = _beginning(settings)
    if beginning:
        watch.say(start_from(network, beginning, tags=schema.tags))
    tokenizer, reading = load_tokenizer(source), reading_of(source, settings=settings)
    tagger = torch_tagger(network, tokenizer=tokenizer, labels=schema.names, reading=reading)
    return Learner(source, network, tokenizer, tagger, beginning, schema, settings)


def teach(
    learner: Learner, train: Sequence[Entry], dev: Sequence[Entry], *, work: Path, watch: Watch = QUIET
) -> list[dict[str, float]]:
    """Trains the learner's network in place; returns one row per epoch. Checkpoints go to `work`."""
    examples = make_examples(train, schema=learner.schema, tagger=learner.tagger)
    watch.say(examples.summary(documents=len(train)) + (f"; measuring on {len(dev)} others" if dev else ""))
    from_model = learner.beginning is not None
    return fit(
        learner.network,
        examples=examples,
        dev=dev,
        schema=learner.schema,
        tagger=learner.tagger,
        settings=learner.settings,
        epochs=rounds(learner.settings, len(examples.rows), from_model=from_model),
        learning_rate=rate(learner.settings, learner.network.config.hidden_size, from_model=from_model),
        folder=work,
        watch=watch,
    )


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
        encoder=learner.settings.encoder,
        files={file: file_hash(model / file) for file in ("model.onnx", "tokenizer.json")},
        scores=measured.scores,
        made_from=made_from,
    )
    write_manifest(model, manifest)
    return manifest


def _parts(
    entries: Sequence[Entry], dev: Sequence[Entry] | None, settings: TrainingSettings
) -> tuple[list[Entry], list[Entry]]:
    """What is trained on and what is measured on after each epoch."""
    if dev:
        return list(entries), list(dev)
    return frozen_split(entries, share=settings.dev_share, salt="dev")


def _beginning(settings: TrainingSettings) -> Path | None:
    """The model folder whose weights this run starts from, if any."""
    if settings.start == "none":
        return None
    if settings.start != "auto":
        return Path(settings.start)
    starter = packaged("models/starter")
    fits = (starter / MANIFEST).exists() and read_manifest(starter).encoder == settings.encoder
    return starter if fits else None


def _check_gold(entries: Sequence[Entry], schema: Schema) -> None:
    for entry in entries:
        schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        for left, right in overlapping_pairs(entry.spans):
            raise CorpusError(
                f"bulletin {entry.document.id}: the spans {left.start}-{left.end} {left.label} and "
                f"{right.start}-{right.end} {right.label} overlap, but training needs a flat layer; "
                "`workbench check FILE` lists all of them: remove one of each pair"
            )


def _fingerprint(train: Sequence[Entry], dev: Sequence[Entry], schema: Schema, settings: TrainingSettings) -> str:
    beginning = _beginning(settings)
    start = read_manifest(beginning).version if beginning else None
    # Who follows a run, and what it is run in later, changes nothing in its weights.
    meaning = {name: value for name, value in asdict(settings).items() if name not in ("report_to", "faster")}
    digest = hashlib.sha256(json.dumps([schema.hash, meaning, start]).encode())
    for entry in (*train, *dev):
        digest.update(dump_row(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _take_up(work: Path, fingerprint: str) -> None:
    """Keeps the checkpoints of a killed run only where data, schema and settings are the same."""
    mark = work / "run.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != fingerprint:
        shutil.rmtree(work, ignore_errors=True)
        write_text(mark, fingerprint)


@contextmanager
def _saving(folder: Path) -> Iterator[None]:
    """A disk that is full or may not be written to becomes a sentence; safetensors has an error of its own for it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"the model {folder} could not be saved ({error}); the older model there, if there was one, is as before: "
            "free some space or choose another folder, then run the same command again"
        ) from error


def _put_in_place(new: Path, folder: Path) -> None:
    """The new folder takes the old one's name; the old one is gone only after that."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
