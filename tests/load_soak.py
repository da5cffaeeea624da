"""The whole loop again and again on a real Label Studio and a real backend: after each round everything must add up.

A round imports new bulletins with the model in force, lets somebody label half of them, pulls, evaluates, trains beside
the backend until the gate has said yes or no, pre-labels with the model now in force, pushes, makes records, verifies.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from load_help import Machine, Ran, Use, group_of, real_documents, use_of, varied, workbench
from serve_help import Served, newest, serving, training, wait_for

from workbench.core.corpus import Annotation, Entry, load_corpus, write_corpus
from workbench.core.span import Span
from workbench.core.workspace import Workspace, packaged
from workbench.serve.connecting import tie
from workbench.studio.client import Studio
from workbench.studio.connect import connect
from workbench.studio.forms import read_regions, regions
from workbench.studio.server import Server, start, stop
from workbench.studio.tasks import read_task_data

TITLE = "Soak"
NEW, LABELLED = 12, 6  # bulletins a round, and those of them that somebody labels
CORPUS = 16  # bulletins of the clone's corpus that each training learns from as well: one epoch stays short

Spans = tuple[tuple[int, int, str], ...]


@dataclass
class Loop:
    """One soak: what runs, what was labelled so far by bulletin, a row a round, and what did not add up."""

    workspace: Workspace
    studio: Studio
    served: Served
    server: Server
    sources: Sequence[Entry]
    labelled: dict[str, Spans] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)
    machine: Machine = field(default_factory=Machine)

    def round(self) -> None:
        """One round, with what is used after it."""
        number, begun = len(self.rows), time.monotonic()
        new = list(varied(self.sources, NEW, first=number * NEW))
        write_corpus(self.workspace.root / "new.jsonl", new)
        self._give(("import", "new.jsonl", "--project", TITLE, "--model", "current"), imported=NEW, predictions=NEW)
        self._label([entry.document.id for entry in new[:LABELLED]])
        self._pull()
        self._give(("evaluate", "--model", "current", "--data", "pulled.jsonl", "--include-assisted"))
        self._train()
        self._give(("prelabel", "new.jsonl", "--model", "current", "-o", "labelled.jsonl"), documents=NEW, rejected=0)
        self._give(("push", "labelled.jsonl", "--project", TITLE), added=NEW, replaced=0, missing=[])
        self._give(("records", "labelled.jsonl", "-o", "records.jsonl"), documents=NEW, unlabelled=0)
        self._give(("verify",), flaws=[])
        self._count()
        self.machine.look()
        self.rows.append({"round": number + 1, "seconds": round(time.monotonic() - begun, 1)} | self._used())
        print(self.rows[-1], self.wrong, file=sys.stderr, flush=True)

    def _give(self, arguments: Sequence[str], **expected: Any) -> Ran:
        """A command as a user gives it; what it answers must be what is expected."""
        ran = workbench(self.workspace.root, *arguments)
        answer = ran.answer or {}
        self._same(arguments[0], {name: answer.get(name) for name in expected}, expected)
        if ran.status:
            self.wrong.append(f"round {len(self.rows) + 1}: {arguments[0]}: status {ran.status}: {ran.errors[-300:]}")
        return ran

    def _same(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.wrong.append(f"round {len(self.rows) + 1}: {what}: found {found}, expected {expected}"[:600])

    def _label(self, ids: Sequence[str]) -> None:
        """Somebody labels bulletins: half of them afresh, half from the suggestions, a span of them taken out."""
        wanted = set(ids)
        numbers = [number for number, data in self.studio.task_data(self.studio.project(TITLE)) if data["id"] in wanted]
        for place, (number, data, predictions) in enumerate(
            self.studio.task_predictions(self.studio.project(TITLE), ids=numbers)
        ):
            document = read_task_data(data, task=number).document
            said = read_regions(document.text, predictions[-1]["result"]).spans
            kept = tuple(Span(each.start, each.end, each.label) for each in said[place % 2 :])
            origin = "manual" if place < len(numbers) // 2 else "prediction"
            self.studio.annotate(number, regions(document, Annotation(kept), origin=origin), seconds=15.0)
            self.labelled[document.id] = _plain(kept)

    def _pull(self) -> None:
        """What comes back is what was labelled in all rounds, each bulletin once."""
        self._give(("pull", "--project", TITLE, "-o", "pulled.jsonl"), rows=len(self.labelled), left_out=0, several=0)
        pulled = load_corpus(self.workspace.root / "pulled.jsonl")
        self._same("pulled", {entry.document.id: _plain(entry.spans) for entry in pulled}, self.labelled)

    def _train(self) -> None:
        """A run as the button on the page begins it; where the gate lets the new model in, it answers at once."""
        with self.served.client as client:
            event = {"action": "START_TRAINING", "project": {"id": self.studio.project(TITLE).id}}
            client.post("/webhook", json=event).raise_for_status()
        wait_for(lambda: training(self.served)["training"]["under_way"] is None, seconds=900, every=1)
        run = newest(self.served)
        self.phases[run["phase"]] += 1
        if run["phase"] not in ("accepted", "refused"):
            self.wrong.append(f"round {len(self.rows) + 1}: training {run['phase']}: {run['detail']}")
        answers = run["new"] if run["phase"] == "accepted" else run["old"]
        self._same("the model that answers", training(self.served)["model_version"], answers)
        wait_for(lambda: training(self.served)["owed"] == 0, seconds=600, every=1)

    def _count(self) -> None:
        """Tasks, annotations and predictions on the server: nothing lost, nothing doubled."""
        rounds = len(self.rows) + 1
        project = self.studio.project(TITLE)
        self._same("tasks", (project.tasks, project.annotated), (NEW * rounds, LABELLED * rounds))
        ids: Counter[str] = Counter()
        for _, data, predictions in self.studio.task_predictions(project):
            ids[data["id"]] += 1
            versions = Counter(each["model_version"] for each in predictions)
            self._same(f"predictions of {data['id']}", {v: n for v, n in versions.items() if n > 1}, {})
        self._same("bulletins", set(ids.values()), {1})

    def _used(self) -> dict[str, Any]:
        backend, studio = use_of(self.served.process.pid), use_of(*group_of(self.server.pid))
        state = self.workspace.state
        database = state / "studio/data"
        return {
            "backend": _row(backend),
            "studio": _row(studio),
            "temporary_files": sum(1 for _ in Path(tempfile.gettempdir()).rglob("*")),
            "state_files": sum(1 for path in state.rglob("*") if path.is_file()),
            "state_mb": round((_size(state) - _size(database)) / 1e6, 1),
            "database_mb": round(_size(database) / 1e6, 1),
            "models_mb": round(_size(self.workspace.models) / 1e6),
        }


def measure(folder: Path, *, seconds: float) -> dict[str, Any]:
    """Rounds until the time is over; at least two."""
    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)  # all processes of the soak, and what they leave
    root = folder / "workspace"
    root.mkdir()
    workspace = Workspace(root)
    write_corpus(folder / "corpus.jsonl", load_corpus(packaged("annotations/corpus.jsonl"))[:CORPUS])
    options = ("--corpus", str(folder / "corpus.jsonl"), "--set", "epochs=1", "--margin", "0.5")
    server = start(workspace, port=23200, tell=lambda line: print(line, file=sys.stderr))
    try:
        with serving(workspace, *options) as served, connect(workspace) as studio:
            loop = Loop(workspace, studio, served, server, [Entry(each) for each in real_documents(300, longest=1200)])
            _first(loop)
            ends = time.monotonic() + seconds
            while len(loop.rows) < 2 or time.monotonic() < ends:
                loop.round()
            failed = [event for event in served.events() if event.get("level") == "error"]
    finally:
        stop(workspace)
    return _table(loop, failed)


def _first(loop: Loop) -> None:
    """Makes the project and ties it to the backend: its own predictions are there before the first round."""
    from workbench.studio.importing import import_entries

    import_entries(loop.studio, (), TITLE, loop.workspace.schema())
    tie(loop.studio, loop.workspace, TITLE)


def _table(loop: Loop, failed: list[Any]) -> dict[str, Any]:
    rows = loop.rows
    shown = {"first": rows[0], "middle": rows[len(rows) // 2], "last": rows[-1]}
    return {
        "rounds": len(rows),
        "bulletins": NEW * len(rows),
        "labelled": len(loop.labelled),
        "training_runs": dict(loop.phases),
        "wrong": loop.wrong,
        "errors_in_log": len(failed),
        **shown,
        "machine": str(loop.machine),
        "well": not loop.wrong and not failed,
    }


def _row(use: Use) -> dict[str, Any]:
    return {"mb": round(use.memory), "files": use.files, "threads": use.threads}


def _plain(spans: Sequence[Span]) -> Spans:
    return tuple((span.start, span.end, span.label) for span in spans)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
