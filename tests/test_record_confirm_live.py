"""Events confirmed, split and merged on a real Label Studio, through the commands that a user types."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from record_help import FIRST, LATER, OTHER, entry
from studio_help import RunningStudio

from workbench.cli.app import workbench
from workbench.core.corpus import write_corpus
from workbench.studio.client import Studio
from workbench.studio.connect import connect

pytestmark = pytest.mark.studio

TITLE = "Events to confirm"
ELSEWHERE = entry(
    "b-4", "Gunmen [attacked|A] a post in [Lahore|L] on [Monday|W], killing [one|K] [guard|T].", "2024-05-08"
)


@pytest.fixture
def studio(running_studio: RunningStudio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("WORKBENCH_HOME", str(running_studio.workspace.root))
    for built in Path(".workbench").glob("gazetteer-*.sqlite"):  # it takes half a minute to build
        if not (there := running_studio.workspace.state / built.name).exists():
            shutil.copyfile(built, there)
    with connect(running_studio.workspace) as client:
        yield client
        if project := client.find_project(TITLE):
            client.delete_project(project)


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(workbench, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def sheet_tasks(studio: Studio) -> dict[tuple[str, ...], tuple[int, list[dict[str, Any]]]]:
    """Number and predicted regions of each sheet, by the bulletins on it."""
    return {
        tuple(part[0] for part in data["fields"]["bulletins"]): (number, predictions[-1]["result"])
        for number, data, predictions in studio.task_predictions(studio.project(TITLE))
    }


def submit(studio: Studio, number: int, result: list[dict[str, Any]], keep: Callable[[dict[str, Any]], bool]) -> None:
    studio.annotate(number, [item for item in result if item["type"] != "relation" or keep(item)])


def joins_bulletins(result: list[dict[str, Any]], boundary: int) -> Callable[[dict[str, Any]], bool]:
    start = {item["id"]: item["value"]["start"] for item in result if item["type"] == "labels"}
    return lambda item: (start[item["from_id"]] < boundary) != (start[item["to_id"]] < boundary)


def test_decisions_of_people_outlive_the_records(studio: Studio, tmp_path: Path) -> None:
    corpus, reviewed, edits, records = (
        tmp_path / name for name in ("c.jsonl", "r.jsonl", "edits.toml", "records.jsonl")
    )
    write_corpus(corpus, [FIRST, LATER, OTHER, ELSEWHERE])

    def events(*files: str) -> list[list[str]]:
        run("records", *files, "-o", str(records))
        return sorted(json.loads(line)["documents"] for line in records.read_text(encoding="utf-8").splitlines())

    assert events(str(corpus)) == [["b-1", "b-2"], ["b-3"], ["b-4"]]
    sent = run("confirm", str(corpus), "--project", TITLE)
    assert (sent["sheets"], sent["new"], sent["redrawn"], sent["bulletins"]) == (3, 3, 0, 4)
    again = run("confirm", str(corpus), "--project", TITLE)
    assert (again["new"], again["redrawn"]) == (0, 0)

    tasks = sheet_tasks(studio)
    number, result = tasks["b-1", "b-2"]
    data = dict(studio.task_data(studio.project(TITLE)))[number]
    crosses = joins_bulletins(result, data["fields"]["bulletins"][1][2])
    assert sum(crosses(item) for item in result if item["type"] == "relation") == 1
    submit(studio, number, result, lambda item: not crosses(item))  # two events after all
    number, result = tasks[("b-3",)]
    figure = next(item["id"] for item in result if item["type"] == "labels" and item["value"]["text"] == "two")
    submit(studio, number, result, lambda item: item["from_id"] != figure)  # the figure counts something else

    taken = run("confirm", str(corpus), "--project", TITLE, "--take-back", "-o", str(reviewed), "--edits", str(edits))
    assert (taken["submitted"], taken["open"], taken["reviewed"]) == (2, 1, 3)
    assert (taken["merges"], taken["apart"]) == (0, 1)
    assert events(str(reviewed), "--edits", str(edits)) == [["b-1"], ["b-2"], ["b-3"], ["b-4"]]
    rows = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    by_document = {row["documents"][0]: row for row in rows}
    assert by_document["b-3"]["figures"] == {}
    assert by_document["b-1"]["figures"]["killed"]["min"] == 6
    reviews = {row["documents"][0]: {claim["review"] for claim in row["claims"]} for row in rows}
    assert (reviews["b-1"], reviews["b-4"]) == ({"confirmed"}, {"open"})

    # Sent again with the decisions in force, the two stay side by side, apart; and taking back changes nothing.
    run("confirm", str(reviewed), "--project", TITLE, "--edits", str(edits))
    before = edits.read_text(encoding="utf-8")
    run("confirm", str(reviewed), "--project", TITLE, "--take-back", "-o", str(reviewed), "--edits", str(edits))
    assert edits.read_text(encoding="utf-8") == before
    assert events(str(reviewed), "--edits", str(edits)) == [["b-1"], ["b-2"], ["b-3"], ["b-4"]]


def test_nothing_submitted_is_said(studio: Studio, tmp_path: Path) -> None:
    corpus = tmp_path / "c.jsonl"
    write_corpus(corpus, [OTHER])
    run("confirm", str(corpus), "--project", TITLE)
    back = ["confirm", str(corpus), "--project", TITLE, "--take-back", "-o", "r.jsonl", "--edits", "e.toml"]
    result = CliRunner().invoke(workbench, back)
    assert "has no submitted sheet yet (1 open)" in str(result.exception)
