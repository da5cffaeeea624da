"""Training runs as they are kept: one small file each, so that their progress can be seen and outlives the backend."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.studio.accounts import PRIVATE_FILE

PULLING, TRAINING, JUDGING = "pulling", "training", "judging"
ACCEPTED, REFUSED, FAILED, STOPPED = "accepted", "refused", "failed", "stopped"
UNDER_WAY = (PULLING, TRAINING, JUDGING)
# How Label Studio calls the states of a job.
AS_JOB = dict.fromkeys(UNDER_WAY, "started") | {ACCEPTED: "finished", REFUSED: "finished"}


@dataclass(frozen=True)
class Run:
    """One run. `annotated` is how many tasks were annotated when it began, `detail` what a person should know of it.

    `epochs` are the F1 scores on dev so far; `f1` those of the old and the new model on what was held out of both;
    `pid` is the training process while there is one.
    """

    name: str
    project: int
    why: str
    started: str
    phase: str = PULLING
    detail: str = ""
    annotated: int = 0
    epochs: tuple[float, ...] = ()
    f1: tuple[float, float] | None = None
    old: str = ""
    new: str = ""
    pid: int | None = None
    ended: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.phase in UNDER_WAY


class Runs:
    """The runs of a folder, the newest last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Run]:
        """Every run that can be read."""
        return [run for path in sorted(self._folder.glob("*.json")) if (run := _read(path)) is not None]

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        return next((run for run in self.all() if run.name == name), None)

    def begin(self, project: int, *, why: str, old: str) -> Run:
        """A new run, kept."""
        numbers = [int(run.name.rpartition("-")[2]) for run in self.all()]
        return self.keep(Run(f"run-{max(numbers, default=0) + 1:04d}", project, why, started=_now(), old=old))

    def keep(self, run: Run, **changes: Any) -> Run:
        """The run with changes, written down."""
        changed = replace(run, **changes)
        if not changed.under_way and changed.ended is None:
            changed = replace(changed, ended=_now(), pid=None)
        row = json.dumps(asdict(changed), ensure_ascii=False)
        write_text(self._folder / f"{changed.name}.json", row + "\n", mode=PRIVATE_FILE)
        return changed

    def folder(self, run: Run) -> Path:
        """Where its corpora and its log go."""
        return self._folder / run.name

    def unfinished(self) -> Iterator[Run]:
        """Runs that an earlier process left."""
        return (run for run in self.all() if run.under_way)


def _read(path: Path) -> Run | None:
    try:
        row = json_value(path.read_text(encoding="utf-8"))
        f1 = row.pop("f1")
        return Run(**row | {"epochs": tuple(row["epochs"]), "f1": tuple(f1) if f1 else None})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
