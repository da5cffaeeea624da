"""The starter model that comes with the clone: `python -m workbench.train.starter` makes it again.

It learns from the project's own texts, annotations/corpus.jsonl and silver.jsonl, and with `--unlabelled FILE` also
from real bulletins as a larger starter labels them (knowledge distillation with hard labels; Kim and Rush 2016 call it
so for sequences): that starter, on MPNet, is made first where it is not there. With `--encoder NAME` it makes one on
another encoder, from corpus.jsonl alone, as models/starter-NAME, which every run on that encoder starts from afterwards
(see material.beginning_of).

The frozen test part of the corpus, and the dev part of any run on it, are never trained on, nor is a bulletin that is
in a file named with `--apart` or nearly so.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.core.corpus import Entry, load_corpus
from workbench.core.files import write_text
from workbench.core.workspace import find_workspace, packaged
from workbench.read.duplicates import near_duplicate_clusters
from workbench.tag.model import Manifest, file_hash, load_model, read_manifest, write_manifest
from workbench.tag.prelabel import label_entries
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

# Silver counts as much as gold: it is ten times as much text, in which the small network meets what it will read. More
# rounds over so much are not needed.
WITH_SILVER = replace(SETTINGS, epochs=8, silver_weight=1.0)
TEACHER = "mpnet"
# Real bulletins are about so long at most; a magazine's article teaches another kind of text.
_LONGEST = 3000


def make_starter(
    target: Path, *, encoder: str, work: Path, watch: Watch, silver: Sequence[Entry] = (), statement: str = ""
) -> Manifest:
    """Trains on the training part of annotations/corpus.jsonl, and on `silver` beside it, and writes a compact model
    folder, whose card ends with `statement` on what that silver is."""
    here = find_workspace()
    train_part, test_part = corpus_split(load_corpus(packaged("annotations/corpus.jsonl")))
    full = work / target.name
    settings = replace(WITH_SILVER if silver else SETTINGS, encoder=encoder)
    result = train_model(
        train_part,
        silver=silver,
        schema=here.schema(),
        settings=settings,
        folder=full,
        cache=here.state / "encoders",
        watch=watch,
    )
    compact_folder(full, target, dev=list(result.dev), test=test_part, statement=statement)
    # bf16 needs no file of its own; a calibrated int8 (`workbench export`) would double what every clone holds.
    return quicken(target, calibrate=result.train, dev=result.dev, wanted=["bf16"], say=watch.say)


def to_be_taught(files: Sequence[Path], *, sources: Sequence[str], apart: Sequence[Entry]) -> list[Entry]:
    """Bulletins of the files, from `sources` where any are named and not too long, that are neither in `apart` nor
    nearly the same as one there."""
    entries = [
        entry
        for file in files
        for entry in load_corpus(file)
        if len(entry.document.text) <= _LONGEST and (not sources or entry.document.source in sources)
    ]
    clusters = near_duplicate_clusters([entry.document for entry in (*apart, *entries)])
    near = {place - len(apart) for cluster in clusters if cluster[0] < len(apart) for place in cluster}
    return [entry for place, entry in enumerate(entries) if place not in near]


def compact_folder(full: Path, target: Path, *, dev: list[Entry], test: list[Entry], statement: str = "") -> Manifest:
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
    said = _COMPACT.format(
        test=len(test), before=f1[0], after=f1[1], encoder=encoder, statement=f"\n{statement}" if statement else ""
    )
    write_text(target / "README.md", card + said)
    return manifest


_COMPACT = """
## Compact

The weights are 8-bit integers with a scale per row; training can start from them (`--set start=DIR`). On the
{test} bulletins of the frozen test part of `annotations/corpus.jsonl`, which neither training nor dev has seen, strict
micro F1 is {after:.3f}, with the weights in full {before:.3f}.

## Data statement

Gold: the project's own corpus (`annotations/README.md`: fictional bulletins written and annotated by a large language
model, adjudicated), on the encoder {encoder}.{statement}
Licence: Apache-2.0, as the project, so far as the encoder's allows. Made by `make starter`.
"""
_OWN_SILVER = "Silver: `annotations/silver.jsonl`, {own} more fictional bulletins, read once and reviewed."
_REAL_SILVER = """ And {real} real bulletins
({sources}) that no person labelled, as {version} labels them, a starter on {teacher} that
learned from the corpus alone. They are texts of public research sets, most without a licence that lets the project
redistribute them; none is part of it, and a tagger gives out labels, never text. Whoever wants weights that no such
text has shaped makes them with `make starter UNLABELLED=`."""
_ENCODERS = {"minilm": "all-MiniLM-L6-v2 (Apache-2.0)", "mpnet": "all-mpnet-base-v2 (Apache-2.0)"}


def main() -> None:
    """Writes models/starter, or models/starter-NAME on another encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=SETTINGS.encoder, help="minilm, mpnet, a folder or a Hugging Face name")
    parser.add_argument(
        "--unlabelled", type=Path, nargs="*", default=[], help="real bulletins for the teacher to label"
    )
    parser.add_argument("--sources", nargs="*", default=[], help="take only those whose field `source` is one of these")
    parser.add_argument("--apart", type=Path, nargs="*", default=[], help="what is scored on, and not to be learned")
    asked = parser.parse_args()
    here = find_workspace()
    watch = Watch(epoch=lambda number, f1: _tell(f"epoch {number}: F1 on dev {f1:.3f}"), say=_tell)
    models, work = here.root / "models", here.state / "starter"
    if asked.encoder != SETTINGS.encoder:
        name, silver, statement = f"starter-{Path(asked.encoder).name}", [], ""
    else:
        name, silver = "starter", load_corpus(packaged("annotations/silver.jsonl"))
        statement = _OWN_SILVER.format(own=len(silver))
    if silver and asked.unlabelled:
        teacher = models / f"starter-{TEACHER}"
        if not (teacher / "model.onnx").exists():
            _tell(f"first the teacher, {teacher.name}")
            make_starter(teacher, encoder=TEACHER, work=work, watch=watch)
        real = to_be_taught(
            asked.unlabelled,
            sources=asked.sources,
            apart=[entry for file in asked.apart for entry in load_corpus(file)],
        )
        model = load_model(teacher)
        _tell(f"{model.version} labels {len(real)} real bulletins")
        silver += label_entries(real, model=model)[0]
        statement += _REAL_SILVER.format(
            real=len(real), sources=", ".join(asked.sources) or "of all sources", teacher=TEACHER, version=model.version
        )
    manifest = make_starter(
        models / name, encoder=asked.encoder, work=work, watch=watch, silver=silver, statement=statement
    )
    _tell(f"models/{name} is {manifest.version}")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
