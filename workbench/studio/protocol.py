"""The protocol in which Label Studio asks a model: its requests read into values, and the form of the answers.

The server sends a task's annotations along with it; nothing here reads them, so no model can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError
from workbench.studio.labeling import Controls, controls_of
from workbench.studio.tasks import prediction, read_task_data

# What the server makes of a task that is answered with no prediction at all: nothing is stored, and it asks again.
NOT_YET: list[Any] = []


@dataclass(frozen=True, slots=True)
class Page:
    """What a project's labelling page can show: its controls, and its labels."""

    controls: Controls
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One task of a request: its number (None for a text that is no task yet), and its text as stored and read.

    `document` is None where the task holds no text, or one longer than is read.
    """

    number: int | None
    stored: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request for predictions. `drawn` are the stretches (stored text, half open) that an annotator just marked."""

    project: int | None
    page: Page
    tasks: tuple[Asked, ...]
    drawn: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells: the action, and the number of the project, where it names one."""

    action: str
    project: int | None


def read_request(body: Any, *, longest: int) -> Request:
    """A POST to /predict. Texts of more than `longest` characters are not read.

    Raises InputError, or StudioError for a page that labels no text.
    """
    table = _table(body)
    tasks = table.get("tasks")
    if not isinstance(tasks, list):
        raise InputError(f"the request has {_kind(tasks)} as tasks; expected a list")
    project = project_number(table.get("project"))
    page = read_page(table.get("label_config"), where=f"project {project}" if project else "the request")
    return Request(
        project=project,
        page=page,
        tasks=tuple(_asked(task, page, longest=longest) for task in tasks),
        drawn=_drawn(table.get("params")),
    )


def read_setup(body: Any) -> tuple[int | None, Page | None]:
    """A POST to /setup: the project's number, and its page where one is told. Host and token are not looked at.

    Raises InputError, or StudioError for a page that labels no text.
    """
    table = _table(body)
    project, config = project_number(table.get("project")), table.get("schema")
    return project, read_page(config, where=f"project {project}") if config else None


def read_event(body: Any) -> Event:
    """A POST to /webhook. Raises InputError where it names no action."""
    table = _table(body)
    action, project = table.get("action"), table.get("project")
    if not isinstance(action, str) or not action:
        raise InputError(f"the event has {_kind(action)} as action; expected a name such as START_TRAINING")
    return Event(action[:80], project_number(project.get("id") if isinstance(project, dict) else project))


def read_page(config: Any, *, where: str) -> Page:
    """The page of a labelling configuration. Raises InputError for none, StudioError where it labels no text."""
    if not isinstance(config, str) or not config.strip():
        raise InputError(f"{where} came without its labelling configuration; expected label_config, as XML")
    controls = controls_of(config, where=where)
    root = ElementTree.fromstring(config)  # noqa: S314 - controls_of has just parsed it
    control = next(tag for tag in root.iter("Labels") if tag.get("name") == controls.labels)
    names = (tag.get("alias") or tag.get("value") for tag in control.iter("Label"))
    return Page(controls, frozenset(name for name in names if name))


def answer(
    asked: Asked, said: Annotation | None, page: Page, *, version: str
) -> tuple[dict[str, Any] | list[Any], int]:
    """What one task is answered with, and how many spans were left out because the page has no such label.

    `said` None is NOT_YET. Offsets are those of the stored text, carriage returns counted.
    """
    if said is None or asked.document is None:
        return list(NOT_YET), 0
    spans = tuple(span for span in said.spans if span.label in page.labels)
    shown = replace(said, spans=spans, relations=(), model_version=version)
    made = prediction(Entry(asked.document, shown), controls=page.controls)
    if "\r" in asked.stored:
        _count_carriage_returns(made["result"], asked.stored)
    return made, len(said.spans) - len(spans)


def within(said: Annotation, asked: Asked, drawn: Sequence[tuple[int, int]]) -> Annotation:
    """The part of an annotation that touches what the annotator marked; all of it where nothing was."""
    if not drawn:
        return said
    shift = asked.stored.count
    marked = [(start - shift("\r\n", 0, start), end - shift("\r\n", 0, end)) for start, end in drawn]
    kept = tuple(span for span in said.spans if any(span.start < end and start < span.end for start, end in marked))
    return replace(said, spans=kept, relations=())


def project_number(value: Any) -> int | None:
    """The number in "3.1715170000" (number and time of making), in "3", or in 3; None for anything else."""
    head = str(value).partition(".")[0] if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(head) if head.isascii() and head.isdigit() and len(head) < 19 else None


def read_task(number: int | None, data: Any, page: Page, *, longest: int) -> Asked:
    """A task by its number and `data`; see Asked for what cannot be read."""
    try:
        text = read_task_data(data, task=number, controls=page.controls) if isinstance(data, dict) else None
    except CorpusError:
        text = None
    if text is None or len(text.stored) > longest:
        return Asked(number, "", None)
    return Asked(number, text.stored, text.document)


def _asked(task: Any, page: Page, *, longest: int) -> Asked:
    table = task if isinstance(task, dict) else {}
    number = table.get("id")
    return read_task(number if isinstance(number, int) else None, table.get("data"), page, longest=longest)


def _count_carriage_returns(result: list[dict[str, Any]], stored: str) -> None:
    """Moves regions of the text with plain line ends to where they are in the stored one."""
    places: list[int] = []  # of each character of the plain text, and of its end
    for place, character in enumerate(stored):
        if character == "\r" and stored[place + 1 : place + 2] == "\n":
            continue
        places.append(place)
    places.append(len(stored))
    for region in result:
        value = region["value"]
        value["start"], value["end"] = places[value["start"]], places[value["end"] - 1] + 1


def _drawn(params: Any) -> tuple[tuple[int, int], ...]:
    """The stretches of an interactive request's context; none where it has no such context."""
    context = params.get("context") if isinstance(params, dict) else None
    regions = context.get("result") if isinstance(context, dict) else None
    values = [each.get("value") for each in regions if isinstance(each, dict)] if isinstance(regions, list) else []
    pairs = [(value.get("start"), value.get("end")) for value in values if isinstance(value, Mapping)]
    return tuple((a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int) and 0 <= a < b)


def _table(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InputError(f"the request holds {_kind(body)}; expected a JSON object")
    return body


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
