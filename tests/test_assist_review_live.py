"""`workbench review` against a real Label Studio: both sides as predictions, the most disputed bulletin first."""

import pytest
from assist_help import SCHEMA

from workbench.assist.review import disputes, show
from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.studio.client import Studio
from workbench.studio.forms import read_regions

pytestmark = pytest.mark.studio

TEXTS = ("Police arrested two men in Kabul.", "Gunmen killed six people in Quetta.", "Talks were held.")
MEN, KABUL = Span(16, 19, "FIGURE_DETAINED"), Span(27, 32, "LOCATION")
KILLED, SIX, QUETTA = Span(7, 13, "EVENT_ATTACK"), Span(14, 17, "FIGURE_KILLED"), Span(28, 34, "LOCATION")


def reading(*spans: tuple[Span, ...]) -> list[Entry]:
    return [
        Entry(Document(f"b-{n}", text), Annotation(said, origin="llm", model_version="x"))
        for n, (text, said) in enumerate(zip(TEXTS, spans, strict=True))
    ]


def test_both_sides_stand_as_predictions_in_the_order_of_the_dispute(studio: Studio) -> None:
    readings = {
        "tagger": reading((MEN, KABUL), (KILLED,), ()),
        "llm": reading((MEN,), (SIX, QUETTA), ()),
        "annotator": reading((MEN, KABUL), (KILLED, SIX, QUETTA), ()),
    }
    found = disputes(readings, SCHEMA)
    assert [each.document.id for each in found] == ["b-1", "b-0"]
    title = "review of three sides"
    assert show(studio, found, title, SCHEMA) == {"tagger": 2, "llm": 2, "annotator": 2}
    assert show(studio, found, title, SCHEMA) == {"tagger": 2, "llm": 2, "annotator": 2}
    project = studio.project(title)
    tasks = list(studio.task_predictions(project))
    assert [data["id"] for _, data, _ in tasks] == ["b-1", "b-0"]
    said = {each["model_version"]: read_regions(TEXTS[1], each["result"]).spans for each in tasks[0][2]}
    assert said == {"tagger": (KILLED,), "llm": (SIX, QUETTA), "annotator": (KILLED, SIX, QUETTA)}
    assert "killed EVENT_ATTACK: tagger, annotator" in tasks[0][1]["fields"]["review"]["disputed"]
    studio.delete_project(project)
