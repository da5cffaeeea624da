"""One training run from annotated bulletins to a model folder, resumable until the folder is there."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, dump_row
from workbench.core.errors import CorpusError
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
from workbench.train.settings import TrainingSettings
from workbench.train.split import frozen_split
from workbench.train.start import start_from
from workbench.train.trainer import EpochReport, Say, fit


@dataclass(frozen=True)
class TrainingResult:
    """What a run came to: the model folder, its manifest, the documents on either side and F1 after each epoch."""

    folder: Path
    manifest: Manifest
    train: tuple[Entry, ...]
    dev: tuple[Entry, ...]
    epochs: tuple[dict[str, float], ...]


def train_model(
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    schema: Schema,
    settings: TrainingSettings,
    folder: Path,
    cache: Path,
    on_epoch: EpochReport | None = None,
    say: Say = lambda _: None,
) -> TrainingResult:
    """Fine-tunes an encoder on labelled entries and writes a model folder, whole or not at all.

    Without `dev`, a frozen part of the documents is held out. A killed run is taken up by the same call. An older
    model in `folder` stays in place until the new one is complete. Raises CorpusError for overlapping spans or too
    few documents, SchemaError for a label outside the schema, InputError for an encoder that does not load.
    """
    for part in (entries, dev or ()):
        _check_gold(part, schema)
    train_part, dev_part = (list(entries), list(dev)) if dev else _own_dev(entries, settings)
    work = folder.parent / f".{folder.name}.training"
    _take_up(work, _fingerprint(train_part, dev_part, schema, settings))
    source = encoder_path(settings.encoder, cache=cache)
    from workbench.train.network import build_network, load_tokenizer, reading_of, torch_tagger

    network = build_network(source, schema=schema, settings=settings)
    if beginning := _beginning(settings):
        say(start_from(network, beginning, tags=schema.tags))
    tokenizer, reading = load_tokenizer(source), reading_of(source, settings=settings)
    tagger = torch_tagger(network, tokenizer=tokenizer, labels=schema.names, reading=reading)
    examples = make_examples(train_part, schema=schema, tagger=tagger)
    say(examples.summary(documents=len(train_part)) + f"; measuring on {len(dev_part)} others")
    epochs = fit(
        network,
        examples=examples,
        dev=dev_part,
        schema=schema,
        tagger=tagger,
        settings=settings,
        folder=work,
        on_epoch=on_epoch,
    )
    manifest = _write(network, tokenizer, tagger, schema, settings, work=work, dev=dev_part, name=folder.name)
    card = model_card(manifest, settings=settings, train=train_part, dev=dev_part, epochs=epochs)
    write_text(work / "model" / "README.md", card)
    _put_in_place(work / "model", folder)
    shutil.rmtree(work)
    return TrainingResult(folder, manifest, tuple(train_part), tuple(dev_part), tuple(epochs))


def _beginning(settings: TrainingSettings) -> Path | None:
    """The model folder whose weights this run starts from, if any."""
    if settings.start == "none":
        return None
    if settings.start != "auto":
        return Path(settings.start)
    starter = packaged("models/starter")
    fits = (starter / MANIFEST).exists() and read_manifest(starter).encoder == settings.encoder
    return starter if fits else None


def _own_dev(entries: Sequence[Entry], settings: TrainingSettings) -> tuple[list[Entry], list[Entry]]:
    return frozen_split(entries, share=settings.dev_share, salt="dev")


def _write(
    network: Any,
    tokenizer: Any,
    tagger: Tagger,
    schema: Schema,
    settings: TrainingSettings,
    *,
    work: Path,
    dev: Sequence[Entry],
    name: str,
) -> Manifest:
    """Everything of the model folder but its card, in `work`/model."""
    from workbench.train.export import export_onnx

    model = work / "model"
    shutil.rmtree(model, ignore_errors=True)
    model.mkdir(parents=True)
    temperature = fit_temperature(tagger, dev)
    network.save_pretrained(model / "checkpoint", safe_serialization=True)
    tokenizer.save(str(model / "tokenizer.json"))
    export_onnx(network, model / "model.onnx")
    write_text(model / "settings.json", json.dumps(asdict(settings), indent=2) + "\n")
    manifest = Manifest(
        name=name,
        schema=schema,
        reading=tagger.reading,
        temperature=temperature,
        encoder=settings.encoder,
        files={file: file_hash(model / file) for file in ("model.onnx", "tokenizer.json")},
        scores=scores_for_manifest(measure(tagger, dev, schema)),
    )
    write_manifest(model, manifest)
    return manifest


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
    digest = hashlib.sha256(json.dumps([schema.hash, asdict(settings)]).encode())
    for entry in (*train, *dev):
        digest.update(dump_row(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _take_up(work: Path, fingerprint: str) -> None:
    """Keeps the checkpoints of a killed run only where data, schema and settings are the same."""
    mark = work / "run.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != fingerprint:
        shutil.rmtree(work, ignore_errors=True)
        write_text(mark, fingerprint)


def _put_in_place(new: Path, folder: Path) -> None:
    """The new folder takes the old one's name; the old one is gone only after that."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
