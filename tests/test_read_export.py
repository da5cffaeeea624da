"""Label Studio's JSON export is read like any other corpus."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.check import check_corpus
from workbench.core.errors import InputError
from workbench.core.schema import schema_of_labels
from workbench.core.span import Span
from workbench.read import read_paths

pytest.importorskip("workbench.studio.export")


def task(number: int, text: str, *regions: tuple[int, int, str], annotated: bool = True) -> dict[str, Any]:
    result = [
        {
            "id": f"r{place}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": start, "end": end, "text": text[start:end], "labels": [label]},
        }
        for place, (start, end, label) in enumerate(regions)
    ]
    annotation = {"id": number, "completed_by": 1, "result": result, "was_cancelled": False}
    return {"id": number, "data": {"text": text, "id": f"b{number}"}, "annotations": [annotation] if annotated else []}


def export(folder: Path, *tasks: dict[str, Any]) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_tasks_come_out_as_entries_annotated_or_not(tmp_path: Path) -> None:
    path = export(
        tmp_path, task(1, "Gunmen fled", (0, 6, "ACTOR")), task(2, "Nobody", annotated=False), task(3, "Quiet")
    )
    first, second, third = read_paths([path])
    assert (first.document.text, first.spans) == ("Gunmen fled", (Span(0, 6, "ACTOR"),))
    assert second.annotation is None
    assert third.annotation is not None
    assert third.spans == ()


def test_annotations_that_do_not_fit_are_named_by_a_check_and_refused_by_a_reading(tmp_path: Path) -> None:
    path = export(tmp_path, task(1, "Gunmen fled", (0, 60, "ACTOR")), task(2, "Gunmen left", (0, 6, "ACTOR")))
    with pytest.raises(InputError, match=r"export\.json annotations: task 1"):
        list(read_paths([path]))
    checked = check_corpus([path], schema=schema_of_labels(["ACTOR"]))
    (error,) = [finding for finding in checked.findings if finding.severity == "error"]
    assert (error.kind, error.place) == ("broken-row", "annotations")
    assert error.message.startswith("task 1 ")
    assert checked.documents == 2
