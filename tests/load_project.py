"""One large project of an embedded Label Studio: each step a command as a user gives it, with what it and the server
used."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from load_help import Machine, Ran, group_of, labelled_once, use_of, varied, workbench

from workbench.core.corpus import Annotation, Entry, write_corpus
from workbench.core.workspace import Workspace, packaged
from workbench.studio.connect import connect
from workbench.studio.forms import regions
from workbench.studio.server import Server, start, stop

TITLE = "Load"
DISTINCT = 1000  # real bulletins, labelled once; the project's are these again and again, each varied by a word
LONGEST = 1200  # characters
ORDERED = 1000


@dataclass
class Steps:
    """The steps so far, a row each, and what was not as it should be."""

    workspace: Workspace
    server: Server
    title: str = TITLE
    rows: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    machine: Machine = field(default_factory=Machine)

    def __call__(self, name: str, *arguments: str, expect: dict[str, Any], get: Callable[[Any], Any] = dict) -> None:
        """Gives a command and holds what it answered against what is expected; `get` picks that from the answer."""
        members = group_of(self.server.pid)
        before = use_of(*members).processor
        ran = workbench(self.workspace.root, *arguments)
        after = use_of(*members)
        self.machine.look()
        self.rows.append(_row(name, ran, server=after.processor - before, memory=after.memory))
        print(self.rows[-1], file=sys.stderr, flush=True)
        found = get(ran.answer) if ran.status == 0 else {}
        if differs := {key: (found.get(key), value) for key, value in expect.items() if found.get(key) != value}:
            self.wrong.append(f"{name}: status {ran.status}, found and expected {differs} {ran.errors[-300:]}")


def measure(folder: Path, *, tasks: int, few: int) -> dict[str, Any]:
    """All steps on a project of so many tasks; `few` of them are annotated, and pushed to by themselves."""
    workspace = Workspace(folder)
    steps = Steps(workspace, start(workspace, port=23100, tell=lambda line: print(line, file=sys.stderr)))
    try:
        entries = run(steps, tasks=tasks, few=few)
    finally:
        stop(workspace)
    return {
        "tasks": tasks,
        "characters": round(sum(len(e.document.text) for e in entries) / len(entries)),
        "spans": round(sum(len(e.spans) for e in entries) / len(entries), 1),
        "few": few,
        "steps": steps.rows,
        "database_mb": round((folder / ".workbench/studio/data/label_studio.sqlite3").stat().st_size / 1e6),
        "wrong": steps.wrong,
        "machine": str(steps.machine),
        "well": not steps.wrong,
    }


def run(step: Steps, *, tasks: int, few: int) -> list[Entry]:
    """The steps, one after the other, with what each has to answer; returns the real bulletins with their labels."""
    root, here = step.workspace.root, ("--project", step.title)
    entries = labelled_once(root, min(DISTINCT, tasks), longest=LONGEST)
    write_corpus(root / "all.jsonl", varied(entries, tasks))
    write_corpus(root / "few.jsonl", by("second", varied(entries, few)))
    write_corpus(root / "again.jsonl", by("third", varied(entries, tasks)))
    step("import", "import", "all.jsonl", *here, expect={"imported": tasks, "predictions": tasks})
    step("import again", "import", "all.jsonl", *here, expect={"imported": 0, "already_there": tasks})
    step(f"push {few:,}", "push", "few.jsonl", *here, expect={"added": few, "replaced": 0, "missing": []})
    step(f"push {few:,} again", "push", "few.jsonl", *here, expect={"added": 0, "already_there": few})
    _annotate(step, entries, few)
    pulled = {"rows": few, "tasks": tasks, "unannotated": tasks - few}
    step(f"pull {few:,}", "pull", *here, "-o", "pulled.jsonl", expect=pulled)
    model = ("--model", str(packaged("models/starter")), "--rules", "none")
    limit = min(ORDERED, tasks - few)
    step(f"order --limit {limit:,}", "order", *here, *model, "--limit", str(limit), expect={"added": 0})
    step("status", "status", expect={"tasks": tasks, "annotated": few}, get=lambda answer: answer["project"] or {})
    step("progress", "progress", *here, expect={"tasks": tasks, "finished": few})
    step("push all", "push", "again.jsonl", *here, expect={"added": tasks, "replaced": 0, "missing": []})
    step("pull all", "pull", *here, "--unannotated", "-o", "all.jsonl", expect={"rows": tasks, "tasks": tasks})
    return entries


def _annotate(step: Steps, entries: Sequence[Entry], count: int) -> None:
    """The first tasks are labelled through the API, as their predictions say."""
    with connect(step.workspace) as studio:
        numbers = {data["id"]: number for number, data in studio.task_data(studio.project(step.title))}
        for entry in varied(entries, count):
            said = Annotation(entry.spans)
            studio.annotate(numbers[entry.document.id], regions(entry.document, said, origin="manual"), seconds=20.0)


def by(version: str, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same entries, as if that version of a model had labelled them."""
    for entry in entries:
        assert entry.annotation is not None
        yield replace(entry, annotation=replace(entry.annotation, model_version=version))


def _row(name: str, ran: Ran, *, server: float, memory: float) -> dict[str, Any]:
    return {
        "step": name,
        "seconds": round(ran.seconds, 1),
        "own_processor_s": round(ran.processor, 1),
        "server_processor_s": round(server, 1),
        "peak_mb": ran.peak,
        "server_mb": round(memory),
    }
