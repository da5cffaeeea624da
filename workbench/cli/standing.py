"""Where a workspace stands: what a few quick looks find, and the one next step that follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.errors import WorkbenchError
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.studio.glance import Seen

T = TypeVar("T")
# The server is on this machine, or near; a person who asks where things are waits no longer than this for it.
PATIENCE = 0.7
# Fewer annotated bulletins than this teach the model little; `workbench train` takes them all the same.
WORTH_TRAINING = 20
# What was measured while training, on the part of the corpus that was not learned from.
HELD = "held back in training"
RUNNING, SILENT, STOPPED, MISSING = "running", "silent", "stopped", "not installed"


@dataclass(frozen=True)
class Server:
    """Label Studio: its state, and where it is. `projects` are the newest first; empty where it was not seen."""

    state: str
    url: str | None = None
    embedded: bool = True
    projects: tuple["Seen", ...] = ()


@dataclass(frozen=True)
class Current:
    """The model in force, and its F1: of the newest run in the history, else of its own dev part."""

    folder: Path
    version: str
    f1: float | None
    measured: str
    made: float


@dataclass(frozen=True)
class Pulled:
    """The file of annotations that the workspace pulls into; `made` is its time of change."""

    path: Path
    rows: int
    made: float


@dataclass(frozen=True)
class Standing:
    """What was found. `title` is the project that workbench.toml names, `settled` the commands it has a table for."""

    workspace: Workspace
    server: Server
    title: str | None = None
    model: Current | None = None
    pulled: Pulled | None = None
    settled: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    @property
    def begun(self) -> bool:
        """Whether anything was done here before."""
        return self.workspace.settings_file.exists() or self.workspace.state.exists()

    @property
    def project(self) -> "Seen | None":
        """The named project, else the newest; None where there is none, or no server to ask."""
        named = [seen for seen in self.server.projects if self.title in (None, seen.title)]
        return named[0] if named else None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: a command (or the page to label on), and why."""

    do: str
    why: str


@dataclass
class _Looks:
    problems: list[str] = field(default_factory=list)

    def at(self, look: Callable[[], T], otherwise: T) -> T:
        """What the look finds; a failure is noted, and the other looks go on."""
        try:
            return look()
        except WorkbenchError as error:
            self.problems.append(str(error))
            return otherwise


def standing(workspace: Workspace) -> Standing:
    """Looks at server, project, annotations, model and history; none of it takes long, none of it raises."""
    from workbench.cli.app import COMMANDS, WITHOUT_DEFAULTS
    from workbench.cli.defaults import settings_table

    looks = _Looks()
    nothing: dict[str, Any] = {}
    settings = looks.at(lambda: workspace.settings, nothing)
    if settings:
        looks.at(lambda: settings_table(workspace, set(COMMANDS) - set(WITHOUT_DEFAULTS)), nothing)
    server = looks.at(lambda: _server(workspace), Server(SILENT))
    model = looks.at(lambda: _current(workspace), None)
    pull = settings.get("pull")
    name = pull.get("output", "annotated.jsonl") if isinstance(pull, dict) else "annotated.jsonl"
    pulled = looks.at(lambda: _pulled(workspace.root / str(name)), None)
    title = settings.get("project")
    return Standing(
        workspace,
        server,
        title=str(title) if title else None,
        model=model,
        pulled=pulled,
        settled=frozenset(settings),
        problems=tuple(looks.problems),
    )


def next_step(here: Standing) -> Step:
    """The one thing to do next, in the order of a bulletin's way."""
    server, project, title = here.server, here.project, here.title or "NAME"
    if not here.begun:
        return Step("workbench init", "begin a workspace in this folder")
    if server.state == STOPPED:
        return Step("workbench studio start", "Label Studio does not run")
    if server.state == SILENT:
        return Step("workbench doctor", "Label Studio did not answer in time")
    if server.state == RUNNING and project is None:
        return Step(_spelled(here, "import", f"bulletins --project {title!r} --model current"), "bring in bulletins")
    if project is not None and (step := _with_annotations(here, project)):
        return step
    if here.pulled and here.model and here.pulled.rows >= WORTH_TRAINING and here.pulled.made > here.model.made:
        file = here.pulled.path.name
        return Step(_spelled(here, "train", f"--train {file} -o models/mine"), f"{file} is newer than the model")
    if here.model and here.model.measured.endswith(HELD) and "evaluate" in here.settled:
        return Step("workbench evaluate", f"{here.model.version} was not evaluated yet")
    return Step(_spelled(here, "prelabel", "FOLDER -o labelled.jsonl"), "label new bulletins with the model")


def _with_annotations(here: Standing, project: "Seen") -> Step | None:
    """The step of somebody who labels: go on labelling, or fetch what was labelled."""
    rows = here.pulled.rows if here.pulled else 0
    page = f"{here.server.url}/projects/{project.id}/data"
    if project.annotated == 0:
        return Step(page, f"label the {project.tasks} bulletins of {project.title!r} here")
    if project.annotated > rows:
        why = f"{project.annotated - rows} more bulletins are annotated than in the file"
        return Step(_spelled(here, "pull", f"--project {project.title!r} -o annotated.jsonl"), why)
    if project.annotated < min(WORTH_TRAINING, project.tasks):
        return Step(page, f"label some more: {WORTH_TRAINING} or so make a first model")
    return None


def _spelled(here: Standing, command: str, options: str) -> str:
    """The command as it is to be typed: without options where workbench.toml has them."""
    return f"workbench {command}" if command in here.settled else f"workbench {command} {options}"


def _server(workspace: Workspace) -> Server:
    from importlib.util import find_spec

    from workbench.studio.connect import given
    from workbench.studio.glance import glance
    from workbench.studio.server import find

    if address := given():
        url, token, embedded = address[0].rstrip("/"), address[1], False
    elif running := find(workspace):
        url, token, embedded = running.url, running.administrator.token or "", True
    else:
        return Server(STOPPED if find_spec("label_studio") else MISSING)
    projects = glance(url, token, seconds=PATIENCE)
    return Server(SILENT if projects is None else RUNNING, url, embedded, projects or ())


def _current(workspace: Workspace) -> Current:
    from workbench.score.record import history_of
    from workbench.tag.find import find_model
    from workbench.tag.model import MANIFEST, read_manifest

    folder = find_model(None, workspace)
    manifest = read_manifest(folder)
    made = (folder / MANIFEST).stat().st_mtime
    runs = [run for run in history_of(workspace).runs() if run.name == manifest.version]
    if runs:
        measured = f"run {runs[-1].id} on {runs[-1].summary['documents']} bulletins"
        return Current(folder, manifest.version, runs[-1].f1, measured, made)
    f1 = manifest.scores.get("micro", {}).get("f1")
    return Current(folder, manifest.version, f1, _held(manifest.scores.get("documents")), made)


def _held(documents: int | None) -> str:
    """What the F1 of a model that was not evaluated stands on."""
    if documents is None:
        return f"bulletins {HELD}"
    return f"{documents} bulletin{'' if documents == 1 else 's'} {HELD}"


def _pulled(path: Path) -> Pulled | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        rows = sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
    return Pulled(path, rows, path.stat().st_mtime)
