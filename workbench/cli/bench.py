"""`workbench bench`: how fast pre-labelling is here."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli.common import answer, json_option, model_option, progress, say, table, workspace

if TYPE_CHECKING:
    from workbench.train.bench import Row

_NEWS = "../shared/data/unlabelled/security-news.jsonl.gz"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@model_option
@click.option("--documents", default=200, show_default=True, type=click.IntRange(8), help="Bulletins a round.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Rounds; medians are shown.")
@json_option
def command(paths: tuple[str, ...], model: str | None, documents: int, rounds: int, as_json: bool) -> None:
    """Measure pre-labelling on this machine, in every engine.

    The same model is also run by the Hugging Face pipeline (extra `train`) in the same rounds, and the ratio to it is
    shown: with its defaults, which leave out what a bulletin has past 512 tokens, and with a stride, which reads all
    of it in windows as long as the engines'. Reading and writing files is counted, loading is not.

    \b
    Example:
      workbench bench bulletins/ --model models/first
    """
    import os
    import tempfile
    from dataclasses import asdict
    from itertools import cycle, islice
    from pathlib import Path

    from workbench.core.corpus import Document, Entry
    from workbench.core.errors import WorkbenchError
    from workbench.core.workspace import packaged
    from workbench.read.paths import read_paths
    from workbench.tag.find import find_model
    from workbench.tag.model import load_model
    from workbench.train.bench import bench, checkpoint_of

    here = workspace()
    folder = find_model(model, here)
    sources = paths or (_NEWS if Path(_NEWS).exists() else str(packaged("annotations/corpus.jsonl")),)
    read = list(islice(read_paths(sources, reject=lambda where, reason, row: None), documents))
    entries = [Entry(Document(f"b{n}", e.document.text)) for n, e in enumerate(islice(cycle(read), documents))]
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as name:
        work, model_here, checkpoint = Path(name), load_model(folder), None
        try:
            checkpoint = checkpoint_of(folder, work=work, cache=here.state / "encoders")
        except WorkbenchError as error:
            say(f"without the pipeline beside it: {error}")
        found = bench(
            entries,
            model=model_here,
            folder=folder,
            rounds=rounds,
            work=work,
            checkpoint=checkpoint,
            progress=progress,
        )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    value = {
        "model": str(folder),
        "documents": documents,
        "rounds": rounds,
        "load": load,
        "rows": [asdict(row) for row in found],
    }
    title = f"{documents} bulletins, median of {rounds} rounds; other load {load}"
    answer(value, as_json=as_json, lines=_lines(found, title))


def _lines(found: "Sequence[Row]", title: str) -> Iterator[str]:
    """The table, and what its columns mean."""
    rows = [
        (
            row.contender,
            round(row.documents_a_second, 1),
            round(row.tokens_a_second),
            row.read,
            *(None if ratio is None else round(ratio, 2) for ratio in (row.ratio, row.ratio_whole)),
            round(row.first, 2),
            round(row.memory / 1e6),
            row.agreement,
        )
        for row in found
    ]
    header = ("contender", "docs/s", "tokens/s", "read", "ratio", "to stride", "first (s)", "memory (MB)", "agreement")
    yield from table(header, rows, title=title)
    yield "read: share of the tokens; the pipeline leaves out what is past 512 in a bulletin, unless it has a stride"
    yield "ratio: to the pipeline; to stride: to that with one, in windows as long as the engines'"
    yield "first: start to the first bulletin written; agreement: F1 of the spans against fp32's"
