"""The jobs on a real Label Studio: import, pull, push and migrate. Every run has a project of its own."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.kill_help import Place, files_of
from tests.kill_jobs import bulletins, somebodys, write
from workbench.core.corpus import Annotation, Entry
from workbench.core.deeds import kept_deeds
from workbench.core.span import Span
from workbench.core.workspace import Workspace, packaged
from workbench.keep.migrate import last, undo
from workbench.keep.undo import undo_deed
from workbench.studio.client import Studio
from workbench.studio.forms import regions
from workbench.studio.importing import import_entries
from workbench.studio.stored import project_values, read_raw
from workbench.studio.tasks import meaning_of_result

SCHEMA = Workspace(Path("/nowhere")).schema()
# Of a workspace: what hangs on the machine's clock, on the project's number, or on how often a run was stopped.
_OWN_TO_A_RUN = (".workbench/undo", ".workbench/migrations")


def said_by(version: str, span: Span, entries: list[Entry]) -> list[Entry]:
    """The bulletins with one span of a model."""
    said = Annotation((replace(span, score=0.5),), origin="model", model_version=version)
    return [replace(entry, annotation=said) for entry in entries]


def there(studio: Studio, title: str, control: str = "text") -> Counter[Any]:
    """All that Label Studio holds under a title: settings, tasks and what was said, as a multiset without numbers."""
    found: Counter[Any] = Counter()
    for project in studio.projects_named(title):
        values = project_values(studio, project)
        names = ("label_config", "expert_instruction", "maximum_annotations", "model_version")
        found["project", *(str(values[name]) for name in names)] += 1
        for raw, predictions in read_raw(studio, project, studio.task_ids(project)):
            data = raw["data"]
            found["task", json.dumps(data, sort_keys=True)] += 1
            for kind, results in (("prediction", predictions), ("annotation", raw.get("annotations") or [])):
                for each in results:
                    said = meaning_of_result(str(data[control]), each["result"])
                    labels = sorted(str(item.get("value", {}).get("labels")) for item in each["result"])
                    found[kind, data["id"], each.get("model_version"), each.get("score"), said, str(labels)] += 1
    return found


@dataclass
class OnStudio:
    """A job on the server. `studio` is asked beside the command, and may have to be another after a restart."""

    studio: Studio
    name: str = ""

    def variant(self, number: int) -> int:
        return number % 2

    def result(self, place: Place) -> Counter[Any]:
        return there(self.studio, place.title) + files_of(place.folder, without=_OWN_TO_A_RUN)

    def clear(self, place: Place) -> None:
        for project in self.studio.projects_named(place.title):
            self.studio.delete_project(project)


@dataclass
class Import(OnStudio):
    """40 bulletins in batches of 8, most with a model's labels: into no project yet, or one of another model's."""

    name: str = "import"

    def prepare(self, place: Place) -> list[str]:
        entries = bulletins(42)
        given = said_by("m2", Span(0, 3, "TARGET"), entries[:30]) + entries[30:36]
        given += [replace(each, annotation=Annotation((Span(4, 6, "LOCATION"),))) for each in entries[36:]]
        write(place.folder / "new.jsonl", given)
        (place.folder / "rules.md").write_text("# House rules\n", encoding="utf-8")
        if place.variant:
            import_entries(self.studio, said_by("m1", Span(1, 4, "TARGET"), entries[:6]), place.title, SCHEMA)
        options = ["--with-annotations", "--annotators", "2", "--guidelines", "rules.md"]
        return ["import", "new.jsonl", "--project", place.title, *options]


@dataclass
class Pull(OnStudio):
    """36 annotated tasks, read 8 at a time, over a file that a person labelled; or a file for each annotator."""

    name: str = "pull"
    title: str = "killed: pull"

    def prepare(self, place: Place) -> list[str]:
        if not self.studio.projects_named(self.title):
            entries = [replace(each, annotation=Annotation((Span(0, 3, "TARGET"),))) for each in bulletins(36)]
            import_entries(self.studio, entries, self.title, SCHEMA, with_annotations=True)
        for name in ("gold.jsonl", "gold.workbench.jsonl"):
            somebodys(place.folder / name)
        return ["pull", "--project", self.title, "-o", "gold.jsonl", *(["--each"] if place.variant else [])]


@dataclass
class Push(OnStudio):
    """40 predictions in batches of 8, of which 6 replace others; taken back by `undo` after the comparison."""

    name: str = "push"

    def prepare(self, place: Place) -> list[str]:
        entries = bulletins(40)
        old = said_by("m2", Span(2, 5, "LOCATION"), entries[:6]) if place.variant else []
        same = said_by("m2", Span(0, 3, "TARGET"), entries[6:9])
        import_entries(self.studio, [*old, *same, *entries[3 * len(old) // 2 :]], place.title, SCHEMA)
        write(place.folder / "said.jsonl", said_by("m2", Span(0, 3, "TARGET"), entries))
        return ["push", "said.jsonl", "--project", place.title]

    def result(self, place: Place) -> Counter[Any]:
        found = super().result(place)
        for deed in reversed(kept_deeds(Workspace(place.folder).undo)):
            undo_deed(deed, self.studio)
        taken_back = there(self.studio, place.title)
        return found + Counter({("after undo", *what): number for what, number in taken_back.items()})


@dataclass
class Migrate(OnStudio):
    """Labels of a schema, of a corpus and of a project's 24 tasks; taken back by `migrate --undo` afterwards."""

    name: str = "migrate"

    def prepare(self, place: Place) -> list[str]:
        entries, folder = bulletins(24), place.folder / "annotations"
        folder.mkdir()
        for name in ("schema.toml", "rules.toml"):
            (folder / name).write_bytes(packaged(f"annotations/{name}").read_bytes())
        write(folder / "gold.jsonl", bulletins(24, labelled=True))
        write(folder / "other.jsonl", [replace(e, annotation=Annotation((Span(0, 3, "TARGET"),))) for e in entries])
        given = said_by("m1", Span(0, 3, "TARGET"), entries[:12])
        import_entries(self.studio, [*given, *entries[12:]], place.title, SCHEMA)
        project = self.studio.project(place.title)
        for number, entry in list(zip(self.studio.task_ids(project), entries, strict=True))[:6]:
            for label in ("TARGET", "LOCATION") if place.variant else ("TARGET",):
                made = regions(entry.document, Annotation((Span(0, 3, label),)), origin="manual")
                self.studio.annotate(number, made)
        change = ["--rename", "TARGET=VICTIM", "--rename", "LOCATION=SPOT"]
        return ["migrate", *change, "--project", place.title, "--yes"]

    def result(self, place: Place) -> Counter[Any]:
        found, here = super().result(place), Workspace(place.folder)
        with suppress(Exception):  # what is not put back is missing in the comparison
            undo(here, last(here), self.studio)
        taken_back = there(self.studio, place.title) + files_of(place.folder, without=_OWN_TO_A_RUN)
        return found + Counter({("after undo", *what): number for what, number in taken_back.items()})
