"""The starter model that comes with the clone: `python -m workbench.train.starter` makes it again.

With `--encoder NAME` it makes one on another encoder, as models/starter-NAME, which every run on that encoder
starts from afterwards (see material.beginning_of).

A starter is trained on the project's own corpus alone, so that anyone can make it from a clone and its licence is the
project's. The frozen test part of the corpus, and the dev part of any run on it, are never trained on.
"""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from workbench.core.corpus import Entry, load_corpus
from workbench.core.files import write_text
from workbench.core.workspace import find_workspace, packaged
from workbench.tag.model import Manifest, file_hash, load_model, read_manifest, write_manifest
from workbench.train.card import CHECKPOINT
from workbench.train.compact import compact
from workbench.train.measure import measure, scores_for_manifest
from workbench.train.precisions import quicken
from workbench.train.run import train_model
from workbench.train.settings import TrainingSettings
from workbench.train.split import corpus_split
from workbench.train.trainer import Watch

# From the bare encoder a run needs longer than from a model that knows the task. The bulletins, of 240 tokens at most,
# are learned whole: cut as they are read, they taught figures worse (F1 of figures on dev).
SETTINGS = TrainingSettings(
    start="none", epochs=20, patience=20, refit_below=0, faster="none", window=510, read=TrainingSettings().window
)


def make_starter(target: Path, *, encoder: str, work: Path, watch: Watch) -> Manifest:
    """Trains on the training part of annotations/corpus.jsonl and writes a compact model folder."""
    here = find_workspace()
    train_part, test_part = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    full = work / target.name
    settings = replace(SETTINGS, encoder=encoder)
    result = train_model(
        train_part, schema=here.schema(), settings=settings, folder=full, cache=here.state / "encoders", watch=watch
    )
    compact_folder(full, target, dev=list(result.dev), test=test_part)
    # bf16 needs no file of its own; a calibrated int8 (`workbench export`) would double what every clone holds.
    return quicken(target, calibrate=result.train, dev=result.dev, wanted=["bf16"], say=watch.say)


def compact_folder(full: Path, target: Path, *, dev: list[Entry], test: list[Entry]) -> Manifest:
    """A model folder of a quarter of the size: int8 weights, no checkpoint; its card says what that cost."""
    from safetensors.numpy import load_file

    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    compact(full / "model.onnx", target / "model.onnx", weights=load_file(full / "checkpoint" / "model.safetensors"))
    for name in ("tokenizer.json", "settings.json"):
        shutil.copy(full / name, target / name)
    manifest = read_manifest(full)
    manifest = replace(manifest, files={name: file_hash(target / name) for name in manifest.files})
    write_manifest(target, manifest)
    before, after = load_model(full), load_model(target)
    manifest = replace(manifest, scores=scores_for_manifest(measure(after.tagger, dev, manifest.schema)))
    write_manifest(target, manifest)
    card = (full / "README.md").read_text(encoding="utf-8").replace(CHECKPOINT, "")
    card = card.replace(before.manifest.version, manifest.version)
    f1 = [measure(model.tagger, test, manifest.schema).counts().f1 or 0.0 for model in (before, after)]
    encoder = _ENCODERS.get(manifest.encoder, manifest.encoder)
    write_text(target / "README.md", card + _COMPACT.format(test=len(test), before=f1[0], after=f1[1], encoder=encoder))
    return manifest


_COMPACT = """
## Compact

The weights are 8-bit integers with a scale per row; training can start from them (`--set start=DIR`). On the
{test} bulletins of the frozen test part of `annotations/corpus.jsonl`, which neither training nor dev has seen, strict
micro F1 is {after:.3f}, with the weights in full {before:.3f}.

## Data statement

Trained on the project's own corpus only (`annotations/README.md`: fictional bulletins written and annotated by a large
language model, adjudicated), on the encoder {encoder}.
Licence: Apache-2.0, as the project, so far as the encoder's allows. Made by `make starter`.
"""
_ENCODERS = {"minilm": "all-MiniLM-L6-v2 (Apache-2.0)", "mpnet": "all-mpnet-base-v2 (Apache-2.0)"}


def main() -> None:
    """Writes models/starter, or models/starter-NAME on another encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=SETTINGS.encoder, help="minilm, mpnet, a folder or a Hugging Face name")
    encoder: str = parser.parse_args().encoder
    here = find_workspace()
    name = "starter" if encoder == SETTINGS.encoder else f"starter-{Path(encoder).name}"
    watch = Watch(epoch=lambda number, f1: _tell(f"epoch {number}: F1 on dev {f1:.3f}"), say=_tell)
    manifest = make_starter(here.root / "models" / name, encoder=encoder, work=here.state / "starter", watch=watch)
    _tell(f"models/{name} is {manifest.version}")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
