"""The main job, step by step, each taking up what is there already."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from workbench.core.corpus import Entry, load_corpus
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.core.workspace import Workspace, packaged
from workbench.read.duplicates import without_repeats
from workbench.score.evaluation import Evaluation, evaluate_entries
from workbench.score.record import history_of, record_run
from workbench.studio.client import Studio
from workbench.studio.connect import annotator, connect
from workbench.studio.importing import import_entries
from workbench.studio.pulling import pull
from workbench.studio.pushing import push
from workbench.studio.server import Server, start
from workbench.studio.submitting import submit
from workbench.tag.find import find_model, set_current
from workbench.tag.model import Model, load_model
from workbench.tag.prelabel import label_entries, predict, prelabel
from workbench.train.run import train_model, up_to_date
from workbench.train.settings import TrainingSettings
from workbench.train.split import corpus_split
from workbench.train.trainer import Watch

PROJECT, NEW_PROJECT = "Demo: annotated bulletins", "Demo: new bulletins"
ANNOTATORS = ("annotator-a", "annotator-b")


@dataclass(frozen=True)
class Demo:
    """What the steps share: where things are, and who is told."""

    workspace: Workspace
    schema: Schema
    say: Callable[[str], None]
    watch: Watch
    progress: Progress = silent

    @property
    def folder(self) -> Path:
        """Where the demo's own files go."""
        return self.workspace.state / "demo"


@dataclass(frozen=True)
class Outcome:
    """What the demo came to, for the closing words."""

    server: Server
    evaluation: Evaluation
    model: Model
    new_bulletins: int
    new_spans: int
    address: str


def run(demo: Demo, new: Sequence[Entry]) -> Outcome:
    """From bulletins to predictions on the page. `new` are the bulletins to pre-label at the end."""
    demo.say("1/7 starting Label Studio")
    server = start(demo.workspace, tell=demo.say, progress=demo.progress)
    corpus = load_corpus(packaged("annotations/corpus.jsonl"))
    with connect(demo.workspace) as studio:
        bring_in(demo, studio, corpus)
        annotate(demo, server, corpus)
        train_part, test_part = corpus_split(fetch(demo, studio))
        model = learn(demo, train_part)
        evaluation = test(demo, model, test_part)
        labelled = label_new(demo, model, new)
        project = send_back(demo, studio, labelled)
    return Outcome(
        server=server,
        evaluation=evaluation,
        model=model,
        new_bulletins=len(labelled),
        new_spans=sum(len(entry.spans) for entry in labelled),
        address=f"{server.url}/projects/{project}",
    )


def bring_in(demo: Demo, studio: Studio, corpus: Sequence[Entry]) -> None:
    """Raw bulletins and the starter model's proposals into the project, each content once."""
    demo.say(f"2/7 importing {len(corpus)} bulletins, pre-annotated by the starter model, into {PROJECT!r}")
    starter = load_model(find_model(packaged("models/starter"), demo.workspace))
    texts = [replace(entry, annotation=None) for entry in corpus]
    done = import_entries(
        studio, texts, PROJECT, demo.schema, predict=partial(predict, starter), annotators=2, progress=demo.progress
    )
    demo.say(f"    {done.tasks} imported, {done.known} were there already")


def annotate(demo: Demo, server: Server, corpus: Sequence[Entry]) -> None:
    """The committed work of two annotators and of the adjudicator, each submitted as that user's own."""
    demo.say("3/7 taking in the annotations of two annotators and the adjudicator")
    for name in ANNOTATORS:
        with annotator(demo.workspace, server, name) as person:
            work = load_corpus(packaged(f"annotations/{name}.jsonl"))
            done = submit(person, work, PROJECT, demo.schema, progress=demo.progress)
            demo.say(f"    {name}: {done.submitted} submitted, {done.already} were there already")
    with annotator(demo.workspace, server, "adjudicator") as person:
        done = submit(person, corpus, PROJECT, demo.schema, ground_truth=True, progress=demo.progress)
        demo.say(f"    adjudicator: {done.submitted} submitted, {done.already} were there already")


def fetch(demo: Demo, studio: Studio) -> list[Entry]:
    """The annotations as the server has them now, every span checked against its text."""
    path = demo.folder / "annotations.jsonl"
    pull(studio, PROJECT, path, schema=demo.schema, progress=demo.progress)
    entries = load_corpus(path)
    spans = sum(len(entry.spans) for entry in entries)
    demo.say(f"4/7 pulled {len(entries)} annotated bulletins with {spans} spans to {path}")
    return entries


def learn(demo: Demo, train_part: Sequence[Entry]) -> Model:
    """A model fine-tuned on the training part, or the one that an earlier run made of the same."""
    folder = demo.workspace.models / "demo"
    settings = TrainingSettings(epochs=4)  # a few minutes on two cores; the starter has learned from the same part
    if up_to_date(folder, train_part, schema=demo.schema, settings=settings):
        demo.say(f"5/7 {folder} is already trained on these annotations")
    else:
        demo.say(f"5/7 training on {len(train_part)} of them")
        train_model(
            train_part,
            schema=demo.schema,
            settings=settings,
            folder=folder,
            cache=demo.workspace.state / "encoders",
            watch=demo.watch,
        )
    set_current(folder, demo.workspace)
    return load_model(folder)


def test(demo: Demo, model: Model, test_part: Sequence[Entry]) -> Evaluation:
    """Strict F1 on the held part, recorded in the history."""
    demo.say(f"6/7 evaluating on the {len(test_part)} bulletins held back")
    predicted, repaired = label_entries(test_part, model=model)
    evaluation = evaluate_entries(test_part, predicted, demo.schema, repaired=repaired)
    record_run(history_of(demo.workspace), evaluation, name=model.version)
    return evaluation


def label_new(demo: Demo, model: Model, new: Sequence[Entry]) -> list[Entry]:
    """Bulletins that nobody has labelled, pre-labelled to a file."""
    path = demo.folder / "new.jsonl"
    unseen = list(without_repeats(new))
    prelabel(demo.progress(unseen, what="pre-labelling", total=len(unseen)), model=model, out=path, inputs="demo")
    demo.say(f"7/7 pre-labelled {len(unseen)} new bulletins to {path}")
    return load_corpus(path)


def send_back(demo: Demo, studio: Studio, labelled: Sequence[Entry]) -> int:
    """The predictions on the page; those of an older model stay beside them. Returns the project's number."""
    done = import_entries(studio, labelled, NEW_PROJECT, demo.schema, progress=demo.progress)
    pushed = push(studio, labelled, NEW_PROJECT, demo.schema, progress=demo.progress)
    demo.say(f"    in {NEW_PROJECT!r}: {done.tasks} bulletins new, {pushed.added + pushed.replaced} predictions added")
    studio.show_model(studio.project(NEW_PROJECT), str(labelled[0].annotation and labelled[0].annotation.model_version))
    return done.project


def given_or_bundled(entries: Sequence[Entry] | None) -> list[Entry]:
    """The user's own bulletins, else the bundled ones that no annotator has seen."""
    return list(entries) if entries else load_corpus(packaged("annotations/new.jsonl"))
