"""Bulletins into a project: each content once, in bounded batches, so that it can be stopped and run again."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema
from workbench.studio.client import Studio
from workbench.studio.forms import regions
from workbench.studio.labeling import Controls, require_labels
from workbench.studio.project import Project
from workbench.studio.settling import open_project, take_out_doubles
from workbench.studio.tasks import BLIND, content_hash, prediction, task_data
from workbench.studio.tasks import blind as is_blind_share

BATCH_TASKS = 200
BATCH_CHARACTERS = 1_000_000  # of text; regions and JSON make a request about five times as large

Predict = Callable[[Sequence[Document]], Sequence[Annotation]]


@dataclass(frozen=True)
class Imported:
    """What an import did: tasks sent, with how many predictions and annotations; bulletins that were there already.

    `unsent` counts bulletins with human labels that were not asked for, and so went in without them; `left` texts
    that hold nothing to label, `blind` those that went in without the suggestions they could have had; `doubled` those
    that came in twice, by somebody else's import at the same time or a request carried out late, and were taken out.
    """

    project: int
    created: bool
    tasks: int = 0
    predictions: int = 0
    annotations: int = 0
    known: int = 0
    unsent: int = 0
    left: int = 0
    blind: int = 0
    doubled: int = 0


def import_entries(
    studio: Studio,
    entries: Iterable[Entry],
    title: str,
    schema: Schema,
    *,
    predict: Predict | None = None,
    with_annotations: bool = False,
    annotators: int | None = None,
    guidelines: str | None = None,
    fix_config: bool = False,
    blind: float = 0.0,
    progress: Progress = silent,
) -> Imported:
    """Sends the entries to the project of that title, made with the schema's configuration where there is none.

    A bulletin whose text is there already (by content hash, read from the server) is not sent again, also where two
    imports run at the same time. `annotators` (how many label each task; 1 in a new project) and `guidelines`
    (Markdown, for the page of instructions) are set where they are given. A model's or language model's annotation
    goes along as a prediction; `predict` (one annotation a document, in order) gives one to bulletins that have none.
    A person's annotation goes along only `with_annotations`, as the token's user's.
    A share of `blind`, chosen by the texts' hashes, gets no suggestions, now or by a later push: a control group that
    shows how suggestions sway people (see `workbench influence`).
    The page shows the predictions of the model_version sent last. Memory holds one batch and a hash a task.
    Raises StudioError, and SchemaError for labels that the schema does not have.
    """
    studio.version()
    project, created = open_project(studio, title, schema, annotators=annotators, guidelines=guidelines)
    if fix_config and not created:
        project = studio.set_config(project, schema)
    controls = require_labels(project.config, schema, where=project.where)
    hashes = [content_hash(data, controls=controls) for _, data in studio.task_data(project)]
    before, known, given = Counter(hashes), set(hashes), set[str]()
    maker = _Maker(schema, controls, predict, with_annotations, blind)
    sent = dict.fromkeys(("tasks", "predictions", "annotations", "known", "unsent", "left", "blind"), 0)
    shown = project.model_version
    for batch in batches(_new(progress(entries, what="importing"), known, given, sent)):
        tasks = maker.tasks(batch, sent)
        studio.import_tasks(project, tasks)
        shown = _show(studio, project, tasks, shown)
        sent["tasks"] += len(tasks)
        sent["predictions"] += sum("predictions" in task for task in tasks)
        sent["annotations"] += sum("annotations" in task for task in tasks)
    twice = {text for text in given if before[text] > 1}
    expected = len(hashes) + sent["tasks"]
    doubled = take_out_doubles(studio, project, known - before.keys(), expected=expected, twice=twice)
    return Imported(project=project.id, created=created, doubled=doubled, **sent)


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Groups of at most BATCH_TASKS entries and BATCH_CHARACTERS of text; a longer text goes alone."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(entry.document.text)
        if batch and (len(batch) == BATCH_TASKS or size + length > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


@dataclass(frozen=True)
class _Maker:
    """Makes tasks of entries."""

    schema: Schema
    controls: Controls
    predict: Predict | None
    with_annotations: bool
    blind: float = 0.0

    def tasks(self, batch: list[Entry], sent: dict[str, int]) -> list[dict[str, Any]]:
        """The tasks of a batch, with what goes along."""
        return [self._task(entry, sent) for entry in self._predicted(batch)]

    def _predicted(self, batch: list[Entry]) -> Iterator[Entry]:
        """The batch with the model's annotation where an entry has none."""
        bare = [e.document for e in batch if e.annotation is None and not self._is_blind(e)] if self.predict else []
        made = dict(zip(bare, self.predict(bare), strict=True)) if self.predict and bare else {}
        for entry in batch:
            yield entry if entry.annotation is not None else Entry(entry.document, made.get(entry.document))

    def _task(self, entry: Entry, sent: dict[str, int]) -> dict[str, Any]:
        self.schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        self.schema.check_choices(entry.spans, where=f"bulletin {entry.document.id}")
        task: dict[str, Any] = {"data": task_data(entry.document, controls=self.controls)}
        blind = self._is_blind(entry)
        if blind:
            task["data"][BLIND] = True
            sent["blind"] += 1
        if entry.annotation is None or (blind and entry.annotation.origin != "human"):
            return task
        if entry.annotation.origin != "human":
            return task | {"predictions": [prediction(entry, controls=self.controls)]}
        if not self.with_annotations:
            sent["unsent"] += 1
            return task
        result = regions(entry.document, entry.annotation, controls=self.controls, origin="manual")
        # Not the ground truth (the server's default for imports): whoever labels it again is not to be overruled.
        return task | {"annotations": [{"result": result, "ground_truth": False}]}

    def _is_blind(self, entry: Entry) -> bool:
        return is_blind_share(entry.document, self.blind)


def _show(studio: Studio, project: Project, tasks: list[dict[str, Any]], shown: str | None) -> str | None:
    """Lets the page show the predictions just sent: it shows those of one model_version, and keeps to the first."""
    sent = [each["model_version"] for task in tasks for each in task.get("predictions", ())]
    if sent and sent[-1] != shown:
        studio.show_model(project, sent[-1])
        return str(sent[-1])
    return shown


def _new(entries: Iterable[Entry], known: set[str | None], given: set[str], sent: dict[str, int]) -> Iterator[Entry]:
    """The entries whose content was not met before, here or on the server; `given` gets every content."""
    for entry in entries:
        if not entry.document.text.strip():
            sent["left"] += 1
            continue
        given.add(entry.document.hash)
        if entry.document.hash in known:
            sent["known"] += 1
        else:
            known.add(entry.document.hash)
            yield entry
