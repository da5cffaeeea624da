"""One training run: annotations out, a model trained in a process of its own and judged against the one that serves."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.corpus import Entry, labelled, load_corpus, write_corpus
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.schema import Schema
from workbench.core.workspace import Workspace
from workbench.read.duplicates import without_repeats
from workbench.score.evaluation import Evaluation, evaluate_entries
from workbench.score.gate import Verdict, judge
from workbench.serve.engine import Loaded
from workbench.studio.client import Studio
from workbench.studio.process import last_lines
from workbench.studio.project import Project
from workbench.studio.pulling import pull
from workbench.tag.model import Model, load_model
from workbench.tag.prelabel import label_entries
from workbench.train.split import corpus_split

MARGIN = 0.02
_EPOCH = re.compile(r"^epoch \d+: F1 on dev ([\d.]+)$")


class TrainingFailedError(WorkbenchError):
    """The training process ended without a model."""


@dataclass(frozen=True)
class Recipe:
    """How runs go: corpora to learn from besides the project, settings of the training, how much F1 may be lost."""

    corpora: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()
    margin: float = MARGIN


@dataclass(frozen=True)
class Material:
    """What a run learns from, and what both models are then measured on; no near-duplicate is in both."""

    train: Path
    test: tuple[Entry, ...]


def fetch(studio: Studio, project: Project, folder: Path, *, recipe: Recipe, schema: Schema) -> tuple[Material, str]:
    """The project's annotations and the recipe's corpora, parted once for all, and a phrase on what there is.

    A text stays on its side for good (see train.split), so no model that was trained here has seen what it is judged
    by. Raises StudioError, CorpusError.
    """
    done = pull(studio, project.title, folder / "pulled.jsonl", schema=schema, leave_out=True)
    own = labelled(load_corpus(folder / "pulled.jsonl"), where=project.where)
    more = [entry for path in recipe.corpora for entry in labelled(load_corpus(path), where=path)]
    entries = [_of_schema(entry, schema) for entry in without_repeats([*own, *more])]
    train, test = corpus_split(_own_ids(entries))
    write_corpus(folder / "train.jsonl", train)
    write_corpus(folder / "test.jsonl", test)
    left_out = done.counts.get("left_out", 0)
    phrase = f"{len(own)} annotated bulletins of {project.where}" + (f" and {len(more)} of corpora" if more else "")
    phrase += f": {len(train)} to learn from, {len(test)} held out"
    return Material(folder / "train.jsonl", tuple(test)), phrase + (f"; {left_out} left out" if left_out else "")


def command(material: Material, *, old: Loaded, model: Path, recipe: Recipe) -> list[str]:
    """The command line of the training process: the new model starts from the old one's weights."""
    arguments = [sys.executable, "-m", "workbench", "train", "--train", str(material.train), "-o", str(model)]
    arguments += ["--candidate", "--encoder", old.model.manifest.encoder, "--set", f"start={old.folder.resolve()}"]
    return arguments + [part for setting in recipe.settings for part in ("--set", setting)]


def train(
    arguments: Sequence[str], *, workspace: Workspace, log: Path, begun: Callable[[int], None]
) -> Iterator[float]:
    """Runs the command at low priority in a process group of its own, and yields F1 after each epoch as it is said.

    `begun` hears the pid. Raises TrainingFailedError with its last words where it ends without success.
    """
    environment = os.environ | {"WORKBENCH_HOME": str(workspace.root), "PYTHONUNBUFFERED": "1"}
    with open(log, "w", encoding="utf-8") as said:
        process = subprocess.Popen(
            ["nice", "-n", "10", *arguments],
            cwd=workspace.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        begun(process.pid)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with process.stdout:
            for line in process.stdout:
                said.write(line)
                said.flush()
                if found := _EPOCH.match(line.strip()):
                    yield float(found.group(1))
        status = process.wait()
    if status:
        words = last_lines(log, count=1).removeprefix("workbench: ")
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        raise TrainingFailedError(f"the training process {how}: {words or 'it said nothing'}; its log is {log}")


@dataclass(frozen=True)
class Judgement:
    """What the gate said of a new model, with the F1 of both on what was held out."""

    model: Model
    verdict: Verdict

    @property
    def f1(self) -> tuple[float, float]:
        """Strict F1 of the old and of the new model; 0 where undefined."""
        return self.verdict.overall.first or 0.0, self.verdict.overall.second or 0.0


def judged(folder: Path, material: Material, *, old: Model, schema: Schema, margin: float) -> Judgement:
    """Loads the new model and holds it up against the old one.

    Annotations that were made from predictions count: in a project with a model there are hardly others. They lean
    towards the model that made them, which is the old one. Raises ModelError and InputError.
    """
    if len(material.test) < 2:
        raise InputError(
            f"{len(material.test)} bulletin is held out to judge by; annotate more, or name a corpus with --corpus"
        )
    new = load_model(folder)
    evaluations = [_evaluated(model, material.test, schema) for model in (old, new)]
    return Judgement(new, judge(*evaluations, margin=margin))


def _evaluated(model: Model, test: Sequence[Entry], schema: Schema) -> Evaluation:
    predicted, _ = label_entries(test, model=model)
    return evaluate_entries(
        test,
        [_of_schema(entry, schema) for entry in predicted],
        schema,
        include_assisted=True,
        gold_name="what was held out",
        predicted_name=model.version,
    )


def _of_schema(entry: Entry, schema: Schema) -> Entry:
    """The entry without spans of labels that the schema lacks; relations go too, since neither side here needs them."""
    if entry.annotation is None:
        return entry
    spans = tuple(span for span in entry.spans if span.label in schema)
    return replace(entry, annotation=replace(entry.annotation, spans=spans, relations=()))


def _own_ids(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries, each under an id of its own: those of the project and of a corpus may collide."""
    return [replace(entry, document=replace(entry.document, id=entry.document.hash)) for entry in entries]
