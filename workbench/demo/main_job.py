"""The main job, step by step, each taking up what is there already."""

from collections.abc import Callable, Mapping, Sequence
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
# A few minutes on two cores: the starter model has learned from the same part of the corpus.
SETTINGS = TrainingSettings(epochs=4, faster="none")


@dataclass(frozen=True)
class Material:
    """What goes in: the adjudicated corpus, each annotator's reading of it, and bulletins that nobody has labelled."""

    corpus: Sequence[Entry]
    readings: Mapping[str, Sequence[Entry]]
    new: Sequence[Entry]


def bundled(new: Sequence[Entry] | None = None) -> Material:
    """What comes with the package, with the user's own new bulletins where there are any."""
    names = ("annotator-a", "annotator-b")
    return Material(
        corpus=load_corpus(packaged("annotations/corpus.jsonl")),
        readings={name: load_corpus(packaged(f"annotations/{name}.jsonl")) for name in names},
        new=list(new) if new else load_corpus(packaged("annotations/new.jsonl")),
    )


@dataclass(frozen=True)
class Demo:
    """What the steps share: where things are, how training goes, and who is told."""

    workspace: Workspace
    schema: Schema
    say: Callable[[str], None]
    watch: Watch
    progress: Progress = silent
    settings: TrainingSettings = SETTINGS

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


def run(demo: Demo, material: Material) -> Outcome:
    """From bulletins to predictions on the page."""
    demo.say("1/7 starting Label Studio")
    server = start(demo.workspace, tell=demo.say, progress=demo.progress)
    with connect(demo.workspace) as studio:
        bring_in(demo, studio, material.corpus)
        annotate(demo, server, material)
        train_part, test_part = corpus_split(fetch(demo, studio))
        model = learn(demo, train_part)
        evaluation = test(demo, model, test_part)
        labelled = label_new(demo, model, material.new)
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


def annotate(demo: Demo, server: Server, material: Material) -> None:
    """The committed work of two annotators and of the adjudicator, each submitted as that user's own."""
    demo.say("3/7 taking in the annotations of two annotators and the adjudicator")
    for name, work in material.readings.items():
        with annotator(demo.workspace, server, name) as person:
            done = submit(person, work, PROJECT, demo.schema, progress=demo.progress)
            demo.say(f"    {name}: {done.submitted} submitted, {done.already} were there already")
    with annotator(demo.workspace, server, "adjudicator") as person:
        done = submit(person, material.corpus, PROJECT, demo.schema, ground_truth=True, progress=demo.progress)
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
    if up_to_date(folder, train_part, schema=demo.schema, settings=demo.settings):
        demo.say(f"5/7 {folder} is already trained on these annotations")
    else:
        demo.say(f"5/7 training on {len(train_part)} of them")
        train_model(
            train_part,
            schema=demo.schema,
            settings=demo.settings,
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
