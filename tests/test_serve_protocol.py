"""What Label Studio sends and is answered: requests read, answers made, offsets of the stored text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serve_help import CONFIG, asking

from workbench.core.corpus import Annotation
from workbench.core.errors import InputError, StudioError
from workbench.core.span import Span
from workbench.core.text import normalise_line_ends
from workbench.studio.labeling import Controls
from workbench.studio.protocol import answer, project_number, read_event, read_page, read_request, read_setup, within

LONGEST = 10_000


def by_model(*spans: Span) -> Annotation:
    return Annotation(spans, origin="model", model_version="m1")


def test_a_request_is_read_with_its_project_its_page_and_its_tasks_in_order() -> None:
    request = read_request(asking(["one", "two"]), longest=LONGEST)
    assert request.project == 7
    assert [(task.number, task.document and task.document.text) for task in request.tasks] == [(1, "one"), (2, "two")]
    assert request.page.controls == Controls("label", "text", "text")
    assert "LOCATION" in request.page.labels


def test_a_task_without_a_text_or_with_one_too_long_keeps_its_place() -> None:
    body = asking(["one", "x" * (LONGEST + 1), "three"])
    body["tasks"] += ["nonsense", {"id": 9, "data": {"other": 1}}, {"id": 10}]
    tasks = read_request(body, longest=LONGEST).tasks
    assert [task.document is None for task in tasks] == [False, True, False, True, True, True]
    assert [answer(task, by_model(), read_page(CONFIG, where="p"), version="m1")[0] for task in tasks][1] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "the request holds list"),
        ({}, "has nothing as tasks"),
        ({"tasks": "all", "label_config": CONFIG}, "has str 'all' as tasks"),
        ({"tasks": []}, "without its labelling configuration"),
    ],
)
def test_a_wrong_request_is_said(body: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_request(body, longest=LONGEST)


def test_a_page_that_labels_no_text_is_said() -> None:
    with pytest.raises(StudioError, match="has no <Labels> over a <Text>"):
        read_request(asking(["one"], config="<View/>"), longest=LONGEST)
    assert read_setup({"project": "3.17", "schema": ""}) == (3, None)


def test_labels_that_the_page_lacks_are_left_out_and_counted() -> None:
    request = read_request(asking(["Six killed"]), longest=LONGEST)
    said = by_model(Span(0, 3, "FIGURE_KILLED", 0.9), Span(4, 10, "WEAPON", 0.9))
    made, lost = answer(request.tasks[0], said, request.page, version="m1")
    assert isinstance(made, dict)
    assert ([region["value"]["labels"] for region in made["result"]], lost) == ([["FIGURE_KILLED"]], 1)
    assert (made["model_version"], made["score"]) == ("m1", 0.9)


def test_a_text_without_spans_gets_an_empty_result() -> None:
    request = read_request(asking(["Talks were held."]), longest=LONGEST)
    made, _ = answer(request.tasks[0], by_model(), request.page, version="m1")
    assert made == {"model_version": "m1", "result": [], "score": 0.5}


def test_the_page_s_own_names_are_used() -> None:
    config = '<View><Text name="t" value="$body"/><Labels name="n" toName="t"><Label value="DATE"/></Labels></View>'
    body = asking([], config=config)
    body["tasks"] = [{"id": 1, "data": {"body": "on Friday"}}]
    request = read_request(body, longest=LONGEST)
    made, _ = answer(request.tasks[0], by_model(Span(3, 9, "DATE")), request.page, version="m1")
    assert isinstance(made, dict)
    assert (made["result"][0]["from_name"], made["result"][0]["to_name"]) == ("n", "t")


@given(st.lists(st.sampled_from(["a", "😀", "\r\n", "\n", "\r", " ", "é"]), min_size=1, max_size=30), st.data())
def test_offsets_are_those_of_the_stored_text(pieces: list[str], data: st.DataObject) -> None:
    stored = "".join(pieces)
    plain = normalise_line_ends(stored)
    start = data.draw(st.integers(0, len(plain) - 1))
    end = data.draw(st.integers(start + 1, len(plain)))
    request = read_request(asking([stored]), longest=LONGEST)
    made, _ = answer(request.tasks[0], by_model(Span(start, end, "DATE")), request.page, version="m1")
    assert isinstance(made, dict)
    value = made["result"][0]["value"]
    assert normalise_line_ends(stored[value["start"] : value["end"]]) == plain[start:end] == value["text"]


def test_what_the_annotator_marked_narrows_the_answer() -> None:
    body = asking(["Six\r\nkilled on Friday"])
    body["params"] = {"context": {"result": [{"value": {"start": 15, "end": 21}}, "nonsense"]}}
    request = read_request(body, longest=LONGEST)
    said = by_model(Span(0, 3, "FIGURE_KILLED"), Span(14, 20, "DATE"))
    kept = within(said, request.tasks[0], request.drawn)
    assert [span.label for span in kept.spans] == ["DATE"]


def test_an_event_needs_an_action_and_nothing_else() -> None:
    assert read_event({"action": "START_TRAINING", "project": {"id": 4}}).project == 4
    assert read_event({"action": "ANNOTATION_CREATED"}).project is None
    with pytest.raises(InputError, match="has nothing as action"):
        read_event({"annotation": {}})


@pytest.mark.parametrize(
    ("value", "number"),
    [("3.1715170000", 3), ("3", 3), (3, 3), (True, None), ("x", None), (None, None), ("²", None), ("9" * 30, None)],
)
def test_a_project_is_known_by_its_number(value: Any, number: int | None) -> None:
    assert project_number(value) == number
