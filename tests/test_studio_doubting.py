"""Labels in doubt as a tab of a real Label Studio: its filter, its order, and what a second check changes."""

from collections.abc import Iterator

import pytest
from assist_help import SCHEMA
from studio_help import RunningStudio

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.connect import connect
from workbench.studio.doubting import VERSION, VIEW, Doubted, Shown, show_doubts
from workbench.studio.export import Tally, entries_from_export
from workbench.studio.forms import read_regions
from workbench.studio.importing import import_entries

pytestmark = pytest.mark.studio

TITLE = "label check of four"
TEXTS = (
    "Police arrested two men in Kabul.",
    "Gunmen killed six people in Quetta.",
    "Talks were held in Herat.",
    "Rain fell.",
)
PLACES = (Span(27, 32, "LOCATION"), Span(28, 34, "ACTOR"), Span(19, 24, "DATE"))
KABUL, QUETTA, HERAT = (Span(span.start, span.end, "LOCATION") for span in PLACES)
ENTRIES = [
    Entry(Document(f"b-{n}", text), Annotation(PLACES[n : n + 1])) for n, text in enumerate(TEXTS)
]  # fmt: skip


@pytest.fixture
def studio(running_studio: RunningStudio) -> Iterator[Studio]:
    with connect(running_studio.workspace) as client:
        yield client
        if project := client.find_project(TITLE):
            client.delete_project(project)


def in_the_tab(studio: Studio) -> list[str]:
    """Ids of the bulletins that the tab shows, as the page asks for them."""
    project = studio.project(TITLE)
    (view,) = (
        view
        for view in studio.sdk.views.list(project=project.id)
        if (view.model_dump().get("data") or {}).get("title") == VIEW
    )
    return [task.data["id"] for task in studio.sdk.tasks.list(view=view.id, project=project.id, fields="all").items]


def test_a_tab_of_the_doubted_tasks_the_most_doubtful_first(studio: Studio) -> None:
    import_entries(studio, ENTRIES[:2] + ENTRIES[3:], TITLE, SCHEMA, with_annotations=True)
    doubted = [Doubted(ENTRIES[2], (HERAT,), 0.2), Doubted(ENTRIES[1], (QUETTA,), 0.01)]
    shown = show_doubts(studio, doubted, TITLE, SCHEMA)
    project = studio.project(TITLE)
    assert shown == Shown(project.id, tasks=2, imported=1, settled=0, blind=0)
    assert in_the_tab(studio) == ["b-1", "b-2"]
    assert project.model_version == VERSION
    said = {
        data["id"]: [(each["model_version"], read_regions(data["text"], each["result"]).spans) for each in predictions]
        for _, data, predictions in studio.task_predictions(project)
    }
    assert said == {"b-0": [], "b-1": [(VERSION, (QUETTA,))], "b-2": [(VERSION, (HERAT,))], "b-3": []}
    exported = studio.export(project, studio.task_ids(project, annotated=True))
    own = entries_from_export(
        exported, controls=project.controls, people=studio.people(), leave_out=True, tally=Tally()
    )
    assert {entry.document.id: entry.spans for entry in own} == {e.document.id: e.spans for e in ENTRIES}

    again = show_doubts(studio, [Doubted(ENTRIES[0], (), 0.1), doubted[0]], TITLE, SCHEMA)
    assert again == Shown(project.id, tasks=2, imported=0, settled=1, blind=0)
    assert set(in_the_tab(studio)) == {"b-0", "b-2"}
    assert show_doubts(studio, [], TITLE, SCHEMA).settled == 2
    assert in_the_tab(studio) == []
