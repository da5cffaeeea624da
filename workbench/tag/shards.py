"""A folder of files labelled file by file, each into a file of its own, so that many workers can share the folder.

A shard is labelled just as one process would label it alone: the same chunks, the same bytes, taken up after a stop.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.read.extent import identity_of
from workbench.read.find import find_sources
from workbench.read.paths import read_source
from workbench.read.report import ReadReport
from workbench.read.row import Source
from workbench.tag.model import Model
from workbench.tag.prelabel import prelabel
from workbench.tag.rejects import Rejects

FORMS = ("jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every shard. `model` and `out` are folders that every worker sees under the same path.

    `engine`, `precision` and `version` are what the model is run in and its model_version; `form` is one of FORMS.
    """

    model: str
    engine: str
    precision: str
    version: str
    out: str
    form: str = "jsonl"
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """A file to label, and its name within the folder that was given, without its form."""

    path: str
    name: str

    def target(self, job: Job) -> Path:
        """Where its bulletins go."""
        return Path(job.out) / f"{self.name}.{job.form}"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a shard: PrelabelReport's counts, and rows that were rejected.

    `left_out` says why it could not be read, `failed` why it was not finished: the same command goes on with it.
    """

    name: str
    documents: int = 0
    spans: int = 0
    resumed: int = 0
    repaired: int = 0
    rejected: int = 0
    left_out: str | None = None
    failed: str | None = None


def find_shards(paths: Sequence[str], job: Job, *, report: ReadReport) -> list[Shard]:
    """The files, the largest first, so that no worker begins a long one last.

    Raises InputError for what is missing, and where two of them would become the same file.
    """
    sources = find_sources(paths, report, split=job.split)
    first: dict[str, Path] = {}
    for source in sources:
        before = first.setdefault(source.name, source.path)
        if before != source.path:
            raise InputError(
                f"{before} and {source.path} would both become {source.name}.{job.form} in {job.out}; "
                "rename one of them, or name the folder that holds both"
            )
    size = {source.name: source.path.stat().st_size if source.path.exists() else 0 for source in sources}
    shards = [Shard(str(source.path.resolve()), source.name) for source in sources]
    return sorted(shards, key=lambda shard: (-size[shard.name], shard.name))


def label_shard(shard: Shard, job: Job, model: Model) -> Done:
    """Labels one shard, unless an earlier run of the same did. Never raises for what the user can mend: see Done."""
    try:
        return _label(shard, job, model)
    except WorkbenchError as error:
        return Done(shard.name, failed=str(error))
    except OSError as error:
        return Done(shard.name, failed=f"{error.filename or shard.path} cannot be used ({error.strerror or error})")


def _label(shard: Shard, job: Job, model: Model) -> Done:
    target = shard.target(job)
    mark = target.with_name(f".{target.name}.done.json")
    run = identity_of([shard.path], job.split, job.version, job.engine)
    before = _finished(mark, run, target)
    if before is not None:
        return before
    report, rejects = ReadReport(), Rejects(Path(f"{job.out}.rejects") / shard.name)
    source = Source(Path(shard.path), shard.name, report, split=job.split, in_folder=True)
    lines = target if job.form == "jsonl" else target.with_name(f".{target.name}.jsonl")
    labelled = prelabel(read_source(source, reject=rejects.add), model=model, out=lines, inputs=run, reject=rejects.add)
    rejects.finish()
    left_out = report.unreadable[0][1] if report.unreadable else None
    if not labelled.documents:
        lines.unlink()
        return Done(shard.name, rejected=rejects.count, left_out=left_out or "no bulletin in it could be labelled")
    if job.form == "parquet":
        from workbench.tag.parquet import parquet_of_lines

        parquet_of_lines(lines, target)
        lines.unlink()
    done = Done(shard.name, **asdict(labelled), rejected=rejects.count, left_out=left_out)
    write_text(mark, json.dumps({"run": run, "done": asdict(done)}) + "\n")
    return done


def _finished(mark: Path, run: str, target: Path) -> Done | None:
    """What an earlier run said of the shard, if it was the same run and its file is there."""
    try:
        said = json_value(mark.read_text(encoding="utf-8"))
        if said["run"] != run or not target.exists():
            return None
        return Done(**said["done"] | {"resumed": said["done"]["documents"], "repaired": 0})
    except (OSError, ValueError, KeyError, TypeError):
        return None
