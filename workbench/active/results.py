"""The results of a replay: a JSON Lines file that grows step by step, so that a killed run goes on behind its last."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.active.replay import Key, Plan, Step
from workbench.core.corpus import Entry, dump_row
from workbench.core.errors import InputError
from workbench.core.parse import json_value
from workbench.core.schema import Schema
from workbench.score.counts import Counts

FORMAT = 1


@dataclass(frozen=True)
class Setup:
    """What must be the same for steps to belong together. Strategies, seeds and the end may be added to later."""

    data_hash: str
    schema_hash: str
    learner: str
    first: int
    step: int
    held: float
    committee: int

    def table(self) -> dict[str, Any]:
        """The first line of the file."""
        return {"simulation": FORMAT, **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    @property
    def name(self) -> str:
        """12 hex digits that are different for each set-up: the name of its file where none is given."""
        return hashlib.sha256(json.dumps(self.table()).encode()).hexdigest()[:12]


def setup_of(entries: Iterable[Entry], *, schema: Schema, learner: str, plan: Plan) -> Setup:
    """The set-up of a replay; `learner` says in words how a step learns."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(dump_row(entry).encode("utf-8", "surrogatepass"))
    return Setup(
        digest.hexdigest()[:16], schema.hash, learner, plan.first, plan.step, plan.held, plan.committee
    )  # fmt: skip


class Results:
    """The file of one set-up. Raises InputError where it holds another's results, or something else."""

    def __init__(self, path: Path, setup: Setup) -> None:
        self.path, self.steps = path, dict[Key, Step]()
        header = json.dumps(setup.table())
        try:
            # A kill may have left half a line; what ends without a line end was never finished.
            whole, _, rest = path.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            whole, rest = b"", b""
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}); name another file with --results") from None
        lines = whole.decode("utf-8", "replace").splitlines()
        self._size = len(whole) + 1 if lines else 0
        if lines and lines[0] != header:
            raise InputError(
                f"{path} holds {_difference(lines[0], setup)}; go on with that one, or name another file with --results"
            )
        if rest and not lines and not header.encode().startswith(rest):
            raise InputError(f"{path} holds no results of a simulation; name another file with --results")
        self._lines = [] if lines else [header]
        for number, line in enumerate(lines[1:], start=2):
            step = _step(line, where=f"{path} line {number}")
            self.steps[step.strategy, step.seed, step.documents] = step

    def add(self, step: Step) -> None:
        """Writes a step; from then on it survives a kill. A step that is there is not written again."""
        key = (step.strategy, step.seed, step.documents)
        if key in self.steps:
            return
        lines = "".join(f"{line}\n" for line in [*self._lines, json.dumps(_row(step), ensure_ascii=False)])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("r+b" if self._size else "wb") as file:
                file.truncate(self._size)
                file.seek(self._size)
                file.write(lines.encode("utf-8", "surrogatepass"))
                file.flush()
                os.fsync(file.fileno())
                self._size = file.tell()
        except OSError as error:
            raise InputError(
                f"{self.path} could not be written ({error.strerror}); what was done is kept: free some space, then "
                "run the same command again"
            ) from None
        self._lines = []
        self.steps[key] = step

    def of(self, strategies: Sequence[str], seeds: int, sizes: Sequence[int]) -> list[Step]:
        """The steps asked for, in that order. KeyError where one is missing."""
        return [self.steps[name, seed, size] for name in strategies for seed in range(seeds) for size in sizes]


def _row(step: Step) -> dict[str, Any]:
    counts = {"f1": step.counts.f1, "tp": step.counts.tp, "fp": step.counts.fp, "fn": step.counts.fn}
    head = {"strategy": step.strategy, "seed": step.seed, "documents": step.documents}
    return {**head, **counts, "added": list(step.added)}


def _step(line: str, *, where: str) -> Step:
    try:
        row = json_value(line)
        counts = Counts(int(row["tp"]), int(row["fp"]), int(row["fn"]))
        return Step(
            str(row["strategy"]), int(row["seed"]), int(row["documents"]), counts, tuple(map(str, row["added"]))
        )
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{where} is no step of a simulation; remove that line and those behind it, or name another file "
            "with --results"
        ) from None


def _difference(line: str, setup: Setup) -> str:
    """In words, what the file is of instead."""
    try:
        table = dict(json_value(line))
    except (ValueError, TypeError):
        table = {}
    if "simulation" not in table:
        return "no results of a simulation"
    wanted = setup.table()
    name = next((name for name in wanted if table.get(name) != wanted[name]), "simulation")
    return f"the results of another simulation ({name} {table.get(name)!r}, here {wanted[name]!r})"
