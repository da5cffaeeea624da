"""What every command shares: its options, how it answers, and the bar it shows meanwhile."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from rich.progress import Progress

    from workbench.core.deeds import Deed

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
# Characters of a word in a table that is never broken; a longer one (an address, a path) is, on a narrow terminal.
LONG_WORD = 20


def json_option(function: F) -> F:
    """`--json`: the answer for machines, on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout, for machines.")(function)


def schema_option(function: F) -> F:
    """`--schema FILE`: the labels in force."""
    return click.option(
        "--schema", "schema_path", metavar="FILE", help="Labels of your own instead of the workspace's schema.toml."
    )(function)


def model_option(function: F) -> F:
    """`--model DIR`: a model folder, else the workspace's current model."""
    return click.option("--model", metavar="DIR", help="Model folder; else the newest accepted, else the starter.")(
        function
    )


def engine_options(precision: str, *, ray: bool = False) -> Callable[[F], F]:
    """`--engine` and `--precision`, the latter with the command's own default; `ray` where many machines may work."""

    def decorate(function: F) -> F:
        function = click.option(
            "--precision",
            type=click.Choice(["auto", "fp32", "bf16", "int8"]),
            default=precision,
            show_default=True,
            help="Arithmetic. auto: int8, else bf16, where the model's export measured it as good enough, else fp32.",
        )(function)
        return click.option(
            "--engine",
            type=click.Choice(["auto", "openvino", "onnxruntime", *(["ray"] if ray else [])]),
            default="auto",
            show_default=True,
            help="auto: openvino on x86 where it is installed (extra `fast`), else onnxruntime."
            + (" ray: auto on many workers, here or on a cluster (extra `ray`)." if ray else ""),
        )(function)

    return decorate


def page_rules_options(function: F) -> F:
    """`--rules` and `--policy` of commands that label for the labelling page; see workbench.tag.rules.own_joiner."""
    function = click.option(
        "--policy",
        default="prefer",
        show_default=True,
        type=click.Choice(["fill", "prefer"]),
        help="Where rules and model overlap: fill keeps the model's spans, prefer the rules'.",
    )(function)
    return click.option(
        "--rules",
        default="auto",
        show_default=True,
        metavar="FILE|auto|none",
        help="Rules to join with the model; auto: the workspace's annotations/rules.toml, if there.",
    )(function)


def project_option(function: F) -> F:
    """`--project NAME`: the Label Studio project, else the one that workbench.toml names."""
    return click.option("--project", metavar="NAME", help="Label Studio project, by its title.")(function)


def project_or_default(given: str | None, workspace: Workspace) -> str:
    """The project asked for, else the workspace's. Raises UsageError where neither is named."""
    name = given or workspace.settings.get("project")
    if not name:
        raise click.UsageError('name the Label Studio project: --project NAME (or project = "NAME" in workbench.toml)')
    return str(name)


def setting_pair(change: str) -> tuple[str, str]:
    """Name and value of a `--set NAME=VALUE`. Raises UsageError for anything else."""
    name, equals, value = change.partition("=")
    if not equals:
        raise click.UsageError(f"--set {change}: expected NAME=VALUE, such as --set epochs=10")
    return name.strip(), value.strip()


def workspace() -> Workspace:
    """The workspace of the current folder."""
    return find_workspace()


def yes_option(function: F) -> F:
    """`--yes`: agreed beforehand."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(function)


def agreed(question: str, *, yes: bool) -> None:
    """Returns where the person agrees; leaves with status 1 where not, with 2 where nobody is there to be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody is here to be asked: add --yes to agree, or leave it.")
    if not click.confirm(question, err=True):
        say("nothing was changed")
        click.get_current_context().exit(1)


def alone_in(project: str, workspace: Workspace) -> AbstractContextManager[None]:
    """Keeps other commands of the workspace from writing to the same project of Label Studio meanwhile."""
    from hashlib import sha256

    from workbench.core.locks import alone

    name = f"project-{sha256(project.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return alone(workspace.state / "locks" / name, what=f"writing to project {project!r}")


def alone_at(output: str | Path) -> AbstractContextManager[None]:
    """Keeps other commands from writing the same file or folder meanwhile."""
    from workbench.core.locks import alone

    return alone(Path(output), what=f"writing {output}")


def keep_older(path: str | Path, workspace: Workspace, *, why: str) -> None:
    """Before a corpus file is overwritten: keeps what people annotated in it as a snapshot, and says so."""
    from workbench.core.snapshots import keep_older as keep

    if kept := keep(Path(path), workspace.snapshots, why=why):
        say(f"the older {path} is kept as {kept.name} (`workbench snapshots`)")


def counted(number: int, what: str) -> str:
    """A number with its noun: 1 event, 2 events."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def corpus_name(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Callback of -o where a corpus is written. Raises BadParameter for the name of another form."""
    from workbench.core.corpus import OTHER_FORMS

    if value and Path(value).suffix.lower() in OTHER_FORMS:
        raise click.BadParameter(f"{value}: labelled bulletins are written as JSON Lines; name a file in .jsonl")
    return value


def say_replaced(deed: "Deed", what: str) -> None:
    """Says what was replaced and how it is taken back; nothing where nothing was."""
    if deed.number is not None:
        say(f"{deed.count} {what} replaced; `workbench undo {deed.number}` puts the earlier ones back")


def corpus_file(name: str, workspace: Workspace) -> Path:
    """The file that a name means: a path, else a snapshot (see Snapshots.find). Raises InputError for neither."""
    if Path(name).exists():
        return Path(name)
    found = workspace.snapshots.find(name)
    if found is None:
        raise InputError(
            f"{name} is neither a file nor a snapshot; `workbench snapshots list` shows names and hashes of these"
        )
    return workspace.snapshots.path(found)


def answer(value: dict[str, Any], *, as_json: bool, lines: Iterable[str]) -> None:
    """The result on stdout: the value as JSON, or the lines for a person."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            click.echo(line)


# The bars that are shown right now; what is said meanwhile goes above them. A command shows one set at a time.
_shown: list["Progress"] = []


def say(message: str) -> None:
    """A line for the person, on stderr, never mixed with data; above the bar where one is shown."""
    if _shown:
        _shown[-1].console.print(message, markup=False, highlight=False, soft_wrap=True)
    else:
        click.echo(message, err=True)


def table(header: tuple[str, ...], rows: Iterable[tuple[Any, ...]], *, title: str | None = None) -> Iterator[str]:
    """Lines of a table: drawn with rules on a terminal, bare columns in a pipe; numbers to the right.

    On a narrow terminal cells wrap between words; what has no place even so runs over the edge, and nothing is cut.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    rows = [tuple(row) for row in rows]
    terminal = sys.stdout.isatty()
    grid = Table(title=title, box=SIMPLE_HEAD if terminal else None, title_justify="left", pad_edge=False)
    least = [_least_width([name, *(row[place] for row in rows)], whole=not place) for place, name in enumerate(header)]
    for place, name in enumerate(header):
        numbers = all(isinstance(row[place], int | float) or row[place] is None for row in rows)
        justify: Literal["left", "right"] = "right" if numbers and rows else "left"
        grid.add_column(name, justify=justify, no_wrap=place == 0, min_width=least[place], overflow="fold")
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    # In a pipe nobody scrolls sideways: one row stays one line, for grep and cut.
    console = Console(no_color=not terminal, highlight=False, width=None if terminal else 10_000)
    if console.width < sum(least) + 3 * len(least):
        grid.padding = (0, 0)
        console.width = max(console.width, sum(least) + len(least))
    with console.capture() as captured:
        console.print(grid)
    yield from (line.rstrip() for line in captured.get().rstrip("\n").splitlines())


def progress(items: Iterable[T], *, what: str, total: int | None = None) -> Iterator[T]:
    """A bar with rate and time left on a terminal's stderr; silent in a pipe. See core.progress."""
    if not sys.stderr.isatty():
        yield from items
        return
    with _showing() as bars:
        yield from bars.track(items, total=total, description=what)


@contextmanager
def stepping(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work that tells how far it is: yields what is to be called with (done, of). Silent in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    with _showing() as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


@contextmanager
def _showing() -> Iterator["Progress"]:
    with _bars() as bars:
        _shown.append(bars)
        try:
            yield bars
        finally:
            _shown.remove(bars)


def _bars() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Items a second, lately."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _least_width(values: list[Any], *, whole: bool) -> int:
    """The characters that a column needs so that no word is cut; long ones (addresses, paths) may be."""
    texts = [_plain(value) for value in values]
    return max(len(text) for text in texts) if whole else max(min(_longest(text), LONG_WORD) for text in texts)


def _longest(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _cell(value: Any) -> str:
    from rich.markup import escape

    return escape(_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
