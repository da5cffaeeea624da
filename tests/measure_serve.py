"""How fast the backend answers: python -m tests.measure_serve, from the top of a clone. Prints one JSON object.

One bulletin a request, 200 times; 500 in one request; and "Retrieve predictions" on 500 tasks of a real Label Studio,
where the workspace in force has one that runs.
"""

import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from serve_help import Served, asking, serving
from test_serve_live import retrieve, versions

from workbench.core.corpus import Entry, load_corpus
from workbench.core.workspace import Workspace, find_workspace, packaged
from workbench.serve.connecting import tie, untie
from workbench.studio.connect import connect
from workbench.studio.importing import import_entries
from workbench.studio.labeling import labeling_config
from workbench.studio.server import find

TITLE = "Measured"


def main() -> None:
    texts = [entry.document.text for entry in load_corpus(packaged("annotations/corpus.jsonl"))]
    texts = [f"{texts[i % len(texts)]} ({i})" for i in range(500)]
    with tempfile.TemporaryDirectory() as folder, serving(Workspace(Path(folder)), "--seconds", "90") as served:
        found: dict[str, Any] = {"characters_median": statistics.median(map(len, texts))} | alone(served, texts)
    here = find_workspace()
    if find(here) is not None:
        found |= in_studio(here, texts)
    print(json.dumps(found, indent=2))


def alone(served: Served, texts: list[str]) -> dict[str, Any]:
    """The backend by itself, over HTTP."""
    config = labeling_config(Workspace(Path("/nowhere")).schema())
    with served.client as client:
        times = [timed(client, asking([text], config=config)) for text in texts[:200]]
        together = timed(client, asking(texts, config=config))
    times.sort()
    return {
        "one_bulletin_median_ms": round(1000 * statistics.median(times), 1),
        "one_bulletin_p95_ms": round(1000 * times[190], 1),
        "five_hundred_s": round(together, 2),
    }


def timed(client: Any, body: dict[str, Any]) -> float:
    began = time.perf_counter()
    results = client.post("/predict", json=body).raise_for_status().json()["results"]
    assert len(results) == len(body["tasks"])
    assert all(results)
    return time.perf_counter() - began


def in_studio(here: Workspace, texts: list[str]) -> dict[str, Any]:
    """The action of the Data Manager on 500 tasks, the server's own work included."""
    some = load_corpus(packaged("annotations/corpus.jsonl"))[0].document
    entries = [Entry(replace(some, id=f"m-{i}", text=text)) for i, text in enumerate(texts)]
    with connect(here) as studio, serving(here, "--seconds", "90") as _:
        import_entries(studio, entries, TITLE, here.schema())
        project = studio.project(TITLE)
        try:
            _, version, _ = tie(studio, here, TITLE)
            began = time.perf_counter()
            retrieve(studio, project)
            seconds = time.perf_counter() - began
            assert versions(studio, project) == [[version]] * len(texts)
            return {"retrieve_500_s": round(seconds, 2)}
        finally:
            untie(studio, here, TITLE)
            studio.delete_project(project)


if __name__ == "__main__":
    main()
