"""From an evaluation to a row of the history, and back to something that two runs are compared by."""

import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench import __version__
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace
from workbench.score.columns import Ints
from workbench.score.evaluation import Evaluation
from workbench.score.history import History, Run, now
from workbench.score.resample import bootstrap
from workbench.score.summary import summary


def history_of(workspace: Workspace) -> History:
    """The workspace's history."""
    return History(workspace.state / "history.sqlite3")


def record_run(
    history: History,
    evaluation: Evaluation,
    *,
    name: str,
    model_hash: str | None = None,
    model_card: Mapping[str, Any] | None = None,
    prompt_hash: str | None = None,
    settings: Mapping[str, Any] | None = None,
    recorded: str | None = None,
    code: str | None = None,
    seed: int = 0,
) -> Run:
    """Adds an evaluation to the history, with its intervals; `name` is what people call the model.

    `settings` is whatever else made the predictions what they are (thresholds, batch size): JSON values.
    Raises InputError where the history cannot be written; the evaluation is not lost by that.
    """
    run = Run(
        name=name,
        recorded=recorded or now(),
        data_hash=evaluation.data_hash,
        schema_hash=evaluation.schema_hash,
        code_version=code or code_version(),
        labels=evaluation.labels,
        groups=evaluation.groups,
        summary=summary(evaluation, bootstrap(evaluation, seed=seed)),
        counts=packed(evaluation.tables["strict"]),
        model_hash=model_hash,
        model_card=model_card,
        prompt_hash=prompt_hash,
        settings=settings or {},
    )
    return history.add(run)


def evaluation_of(run: Run) -> Evaluation:
    """The evaluation of a recorded run, its strict counts only: what comparisons and gates need.

    Raises InputError where the counts are damaged.
    """
    table = unpacked(run.counts, len(run.labels), where=f"run {run.id} of the history")
    spans, left = run.summary["spans"], run.summary["left_out"]
    return Evaluation(
        labels=run.labels,
        groups=MappingProxyType(dict(run.groups)),
        tables=MappingProxyType({"strict": table}),
        data_hash=run.data_hash,
        schema_hash=run.schema_hash,
        gold_spans=spans["gold"],
        predicted_spans=spans["predicted"],
        unlabelled=left["unlabelled"],
        assisted=left["assisted"],
        repaired=run.summary["repaired"],
    )


def packed(table: Ints) -> bytes:
    """Counts, (documents, labels, 3), as compressed little-endian 32-bit numbers."""
    return zlib.compress(table.astype("<i4").tobytes())


def unpacked(counts: bytes, labels: int, *, where: str) -> Ints:
    """The counts that were packed: (documents, labels, 3). Raises InputError where they are damaged."""
    try:
        return np.frombuffer(zlib.decompress(counts), dtype="<i4").reshape(-1, labels, 3).astype(np.int64)
    except (zlib.error, ValueError) as error:
        raise InputError(f"{where} has damaged counts ({error}); evaluate its model again to compare with it") from None


def code_version() -> str:
    """The package's version, with the commit where it runs from a clone and git is there."""
    clone = Path(__file__).parents[2]
    if not (clone / ".git").exists():
        return __version__
    try:
        shown = subprocess.run(
            ["git", "-C", str(clone), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{shown.stdout.strip()}"
