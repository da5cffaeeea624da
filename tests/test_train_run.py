"""Training runs for real: a small encoder where only the mechanics count, the real one where the result does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import CorpusError, InputError, ModelError, SchemaError
from workbench.core.schema import Schema, load_schema, schema_of_labels
from workbench.core.span import Span
from workbench.core.workspace import packaged
from workbench.tag.engines import native_precisions, pick_engine
from workbench.tag.model import load_model, read_manifest
from workbench.tag.prelabel import label_entries
from workbench.train.run import train_model, up_to_date
from workbench.train.settings import TrainingSettings, rounds, settings_from
from workbench.train.split import corpus_split, folds, frozen_split

SCHEMA = load_schema(packaged("annotations/schema.toml"))
CORPUS = load_corpus(packaged("annotations/corpus.jsonl"))

pytestmark = pytest.mark.slow


SEEDS = (("a", 1), ("b", 1), ("c", 2))


def settings_for(encoder: Path, **changes: object) -> TrainingSettings:
    plain = TrainingSettings(
        encoder=str(encoder), start="none", epochs=3, window=100, overlap=20, refit_below=0, faster="none"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def train(folder: Path, settings: TrainingSettings, entries: list[Entry] = CORPUS[:24], schema: Schema = SCHEMA):  # type: ignore[no-untyped-def]
    return train_model(entries, schema=schema, settings=settings, folder=folder, cache=folder.parent / "encoders")


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "checkpoint" / "model.safetensors")


def test_a_model_may_read_in_shorter_windows_than_it_learns_in(small_encoder: Path, tmp_path: Path) -> None:
    wide = train(tmp_path / "wide", settings_for(small_encoder, epochs=1))
    short = train(tmp_path / "short", settings_for(small_encoder, epochs=1, read=30))
    wider = train(tmp_path / "wider", settings_for(small_encoder, epochs=1, read=400))
    readings = [(run.manifest.reading.width, run.manifest.reading.overlap) for run in (wide, short, wider)]
    assert readings == [(100, 20), (30, 15), (100, 20)]
    one, other = weights(wide.folder), weights(short.folder)
    assert all((one[name] == other[name]).all() for name in one)
    assert wide.manifest.version != short.manifest.version
    assert "Learned in windows of 100 tokens, read in 30" in (short.folder / "README.md").read_text()


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(small_encoder: Path, tmp_path: Path) -> None:
    runs = [
        train(tmp_path / name, settings_for(small_encoder, seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    one, again, other = (weights(run.folder) for run in runs)
    assert all((one[name] == again[name]).all() for name in one)
    assert any((one[name] != other[name]).any() for name in one)


def test_a_killed_run_is_taken_up_and_ends_in_the_same_model(small_encoder: Path, tmp_path: Path) -> None:
    settings = settings_for(small_encoder, epochs=6)
    undisturbed = train(tmp_path / "whole" / "model", settings)
    write_corpus(tmp_path / "train.jsonl", CORPUS[:24])
    changes = [
        f"--set={name}={getattr(settings, name)}" for name in ("start", "epochs", "window", "overlap", "refit_below")
    ]
    command = [sys.executable, "-m", "workbench", "train", "--train", "train.jsonl", "-o", "killed/model"]
    command += ["--encoder", str(small_encoder), *changes]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    work = tmp_path / "killed" / ".model.training"
    deadline = time.monotonic() + 120
    while not list(work.glob("checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "model").exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    resumed = weights(tmp_path / "killed" / "model")
    assert all((values == resumed[name]).all() for name, values in weights(undisturbed.folder).items())
    assert not work.exists()


def test_a_model_folder_is_whole_says_what_it_is_and_labels_like_the_network(
    small_encoder: Path, tmp_path: Path
) -> None:
    from workbench.train.network import build_network, load_tokenizer, torch_tagger

    settings = settings_for(small_encoder, epochs=8, learning_rate=1e-3)
    result = train(tmp_path / "model", settings)
    model = load_model(tmp_path / "model")
    assert model.schema == SCHEMA
    assert model.version.startswith("model-")
    assert json.loads((tmp_path / "model" / "settings.json").read_text(encoding="utf-8"))["seed"] == settings.seed
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert f"| dev | {len(result.dev)} |" in card
    assert set(model.manifest.thresholds) == set(SCHEMA.groups)
    assert ("Spans of every score are kept." in card) == (not any(model.manifest.thresholds.values()))
    assert not {e.document.id for e in result.train} & {e.document.id for e in result.dev}
    network = build_network(str(tmp_path / "model" / "checkpoint"), schema=SCHEMA, settings=settings)
    tokenizer = load_tokenizer(str(tmp_path / "model" / "checkpoint"))
    in_torch = torch_tagger(network, tokenizer=tokenizer, labels=SCHEMA.names, reading=model.manifest.reading)
    in_torch.shape, in_torch.thresholds = model.manifest.shape, model.tagger.thresholds
    in_torch.temperature = model.manifest.temperature
    texts = [entry.document.text for entry in CORPUS[30:40]]
    assert [r.spans for r in in_torch.label(texts)] == [r.spans for r in model.tagger.label(texts)]


def test_a_model_is_up_to_date_only_for_the_same_data_and_settings(small_encoder: Path, tmp_path: Path) -> None:
    settings = settings_for(small_encoder, epochs=1)
    train(tmp_path / "model", settings)
    assert up_to_date(tmp_path / "model", CORPUS[:24], schema=SCHEMA, settings=settings)
    assert not up_to_date(tmp_path / "model", CORPUS[:25], schema=SCHEMA, settings=settings)
    assert not up_to_date(tmp_path / "model", CORPUS[:24], schema=SCHEMA, settings=replace(settings, seed=5))
    assert not up_to_date(tmp_path / "none", CORPUS[:24], schema=SCHEMA, settings=settings)


def test_starting_from_a_model_keeps_its_encoder_and_the_labels_both_know(small_encoder: Path, tmp_path: Path) -> None:
    from workbench.train.network import build_network
    from workbench.train.start import start_from

    first = settings_for(small_encoder, epochs=1)
    train(tmp_path / "first", first)
    schema = schema_of_labels(["LOCATION", "CASES"])
    network = build_network(str(small_encoder), schema=schema, settings=first)
    before = {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}
    start = start_from(network, tmp_path / "first", tags=schema.tags)
    assert str(start).endswith("knows 1 of the 2 labels")
    assert not start.complete
    kept, own = weights(tmp_path / "first"), network.state_dict()
    here, there = schema.tags.index("B-LOCATION"), SCHEMA.tags.index("B-LOCATION")
    assert (own["classifier.weight"][here].numpy() == kept["classifier.weight"][there]).all()
    new = schema.tags.index("B-CASES")
    assert (own["classifier.weight"][new].numpy() == before["classifier.weight"][new]).all()
    name = "bert.encoder.layer.0.output.dense.weight"
    assert (own[name].numpy() == kept[name]).all()


def test_a_changed_or_missing_model_file_is_refused(small_encoder: Path, tmp_path: Path) -> None:
    train(tmp_path / "model", settings_for(small_encoder, epochs=1))
    shutil.copytree(tmp_path / "model", tmp_path / "cut")
    network = tmp_path / "cut" / "model.onnx"
    network.write_bytes(network.read_bytes()[:-10])
    with pytest.raises(ModelError, match="not the file that training wrote"):
        load_model(tmp_path / "cut")
    network.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path / "cut")
    with pytest.raises(ModelError, match="no model folder"):
        load_model(tmp_path / "nowhere")
    (tmp_path / "cut" / "workbench.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        read_manifest(tmp_path / "cut")


def test_an_old_model_stays_where_the_new_one_cannot_be_trained(small_encoder: Path, tmp_path: Path) -> None:
    train(tmp_path / "model", settings_for(small_encoder, epochs=1))
    version = read_manifest(tmp_path / "model").version
    with pytest.raises(InputError, match="holds no config"):
        train(tmp_path / "model", settings_for(tmp_path))  # a folder that is no encoder
    assert read_manifest(tmp_path / "model").version == version


def no_room() -> None:
    """In the child: no file may grow beyond 60,000 bytes, which fails like a full disk, from the system itself."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


@pytest.mark.skipif(os.name == "nt", reason="limits are POSIX")
def test_a_full_disk_while_saving_leaves_the_old_model_and_one_sentence(small_encoder: Path, tmp_path: Path) -> None:
    train(tmp_path / "model", settings_for(small_encoder, epochs=1))
    version = read_manifest(tmp_path / "model").version
    write_corpus(tmp_path / "train.jsonl", CORPUS[:24])
    command = [sys.executable, "-m", "workbench", "train", "--train", "train.jsonl", "-o", "model"]
    command += ["--encoder", str(small_encoder), "--set", "start=none", "--set", "epochs=1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=no_room)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "workbench: the model model could not be saved" in done.stderr
    assert read_manifest(tmp_path / "model").version == version
    assert len(load_model(tmp_path / "model").tagger.label(["Gunmen fled."])) == 1


@pytest.mark.parametrize(
    ("spans", "error", "match"),
    [
        ([Span(0, 7, "ACTOR"), Span(4, 10, "TARGET")], CorpusError, "overlap"),
        ([Span(0, 3, "NOTHING")], SchemaError, "'NOTHING'"),
    ],
)
def test_gold_that_cannot_be_learned_is_refused(
    tmp_path: Path, spans: list[Span], error: type[Exception], match: str
) -> None:
    bad = Entry(Document("bad", "Gunmen fled again."), Annotation(tuple(spans)))
    with pytest.raises(error, match=match):
        train(tmp_path / "model", TrainingSettings(), entries=[*CORPUS[:3], bad])
    assert list(tmp_path.iterdir()) == []


def test_one_document_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at least two different bulletins"):
        train(tmp_path / "model", TrainingSettings(), entries=CORPUS[:1])


def copies(entry: Entry, count: int) -> Iterator[Entry]:
    for number in range(count):
        document = replace(entry.document, id=f"{entry.document.id}-{number}", text=entry.document.text + f"\n{number}")
        yield Entry(document, entry.annotation)


def test_splits_are_frozen_and_keep_near_copies_together() -> None:
    entries = [copy for entry in CORPUS[:40] for copy in copies(entry, 2)]
    kept, held = frozen_split(entries, share=0.3, salt="x")
    assert len(kept) + len(held) == len(entries)
    sides = {entry.document.id: entry in held for entry in entries}
    assert all(sides[f"{e.document.id}-0"] == sides[f"{e.document.id}-1"] for e in CORPUS[:40])
    more, _ = frozen_split([*CORPUS[100:], *entries], share=0.3, salt="x")
    assert {e.document.id for e in kept} <= {e.document.id for e in more}
    tested = [e.document.id for _, test in folds(entries, count=4, seed=0) for e in test]
    assert sorted(tested) == sorted(e.document.id for e in entries)


def test_settings_are_parsed_and_strangers_refused() -> None:
    changed = settings_from({"epochs": "7", "freeze_embeddings": "false", "learning_rate": "1e-5"})
    assert (changed.epochs, changed.freeze_embeddings, changed.learning_rate) == (7, False, 1e-5)
    with pytest.raises(InputError, match="no training setting"):
        settings_from({"epoch": 7})
    with pytest.raises(InputError, match="expected int"):
        settings_from({"epochs": "many"})
    assert rounds(TrainingSettings(), 78, prepared=True) == 12
    assert rounds(TrainingSettings(), 10_000, prepared=False) == 4
    assert rounds(TrainingSettings(epochs=9), 10_000, prepared=False) == 9
    # Labels of one's own are learned for longer than those that the model knows already.
    assert [rounds(TrainingSettings(), 400, prepared=prepared) for prepared in (True, False)] == [5, 16]


def test_the_real_encoder_learns_the_corpus(tmp_path: Path) -> None:
    """From the starter, two rounds on a part of the corpus keep more than four fifths of what it knows.

    What the machine computes faster is made and measured before the model is there; a run of the same is up to date.
    """
    train_part, test_part = corpus_split(CORPUS)
    result = train(tmp_path / "model", TrainingSettings(epochs=2, refit_below=0), entries=train_part[:60])
    from workbench.score.evaluation import evaluate_entries

    predicted, _ = label_entries(test_part, model=load_model(result.folder))
    assert (evaluate_entries(test_part, predicted, SCHEMA).counts().f1 or 0.0) > 0.55
    native = native_precisions(pick_engine()) if find_spec("nncf") else ("fp32",)
    said = read_manifest(result.folder)
    assert result.manifest == said
    assert set(said.precisions) == set(native[1:])
    for precision, measured in said.precisions.items():
        assert measured.documents == len(result.dev)
        assert measured.entity_tags > 0.9
        assert abs(measured.temperature / said.temperature - 1) < 0.2
        assert load_model(result.folder, precision=precision).version == f"{said.version}+{precision}"
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert ("Faster precisions" in card) == (len(native) > 1)
