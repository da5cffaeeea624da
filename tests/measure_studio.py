"""How long import and pull of many bulletins take on a real Label Studio, and how much memory they need.

    python -m tests.measure_studio [--bulletins 2000]

It starts an embedded server in a folder of its own, imports bulletins with 15 predicted spans each, then others that
are annotated, pulls those, and stops the server. Exit status 1 where a step breaks the time limit. Peak memory is that
of a process that does only that step.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.span import Span
from workbench.core.workspace import Workspace

LIMIT = 60.0  # seconds, for each step
TITLE, ANNOTATED = "Measured", "Measured, annotated"
WORDS = ["Gunmen", "killed", "at", "least", "six", "policemen", "near", "Quetta", "on", "Wednesday", "😀\u00a0said\n"]


def entries(count: int, labels: tuple[str, ...]) -> Iterator[Entry]:
    """Bulletins of some 1,000 characters with a span on the first 15 words."""
    for number in range(count):
        words = [f"{number}", *(WORDS * 14)]
        spans, at = [], 0
        for place, word in enumerate(words[:15]):
            spans.append(Span(at, at + len(word), labels[place % len(labels)], 0.9))
            at += len(word) + 1
        yield Entry(
            Document(f"b-{number}", " ".join(words), fields={"district": "Quetta"}),
            Annotation(tuple(spans), origin="model", model_version="m1"),
        )


def by_people(count: int, labels: tuple[str, ...]) -> Iterator[Entry]:
    """The same bulletins as a person's work."""
    for entry in entries(count, labels):
        yield Entry(entry.document, Annotation(entry.spans))


def step(name: str, root: Path, count: int) -> dict[str, Any]:
    """One step in this process: what it did, seconds and peak memory."""
    from workbench.studio.connect import connect
    from workbench.studio.importing import import_entries
    from workbench.studio.pulling import pull
    from workbench.studio.pushing import push

    workspace = Workspace(root)
    schema = workspace.schema()
    began = time.monotonic()
    with connect(workspace) as studio:
        if name in ("import", "import again"):
            done: Any = import_entries(studio, entries(count, schema.names), TITLE, schema)
        elif name == "push again":
            done = push(studio, entries(count, schema.names), TITLE, schema)
        elif name == "annotated":
            done = import_entries(studio, by_people(count, schema.names), ANNOTATED, schema, with_annotations=True)
        else:
            done = pull(studio, ANNOTATED, root / "pulled.jsonl", schema=schema)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {
        "step": name,
        "seconds": round(time.monotonic() - began, 1),
        "peak_mib": round(peak),
        "did": repr(done)[:120],
    }


def measure(count: int) -> bool:
    """All steps, each in a process of its own; whether the limits were kept."""
    from workbench.studio.server import start, stop

    kept = True
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        start(workspace, port=20000, tell=lambda line: click.echo(line, err=True))
        try:
            for name in ("import", "import again", "push again", "annotated", "pull"):
                command = [sys.executable, "-m", "tests.measure_studio", "--step", name]
                command += ["--root", folder, "--bulletins", str(count)]
                answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                click.echo(f"{name:12} {answer['seconds']:7.1f} s {answer['peak_mib']:5} MiB   {answer['did']}")
                kept = kept and answer["seconds"] < LIMIT
        finally:
            stop(workspace)
    return kept


def main() -> None:
    """Reads the options; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=2000)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        click.echo(json.dumps(step(given.step, given.root, given.bulletins)))
    else:
        sys.exit(0 if measure(given.bulletins) else 1)


if __name__ == "__main__":
    main()
