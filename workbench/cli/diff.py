"""`workbench diff`: what changed between two corpora."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, corpus_file, json_option, workspace

if TYPE_CHECKING:
    from workbench.check.diff import Change, Difference
    from workbench.core.span import Span

_SHOWN = 50


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@json_option
def command(first: str, second: str, as_json: bool) -> None:
    """Say what changed from one corpus to another.

    Bulletins and, in those that both hold, spans.

    A and B are corpus files, or snapshots by name or hash: gold (the newest of gold.jsonl), gold~1 (the one before),
    gold/2024-05-08-0f3a9c…, 0f3a9c. Bulletins are matched by their text. The fingerprint of a corpus is that of its
    content, whatever the order.

    \b
    Examples:
      workbench diff gold-may.jsonl gold-june.jsonl
      workbench diff gold~1 gold
    """
    from workbench.check.diff import diff
    from workbench.core.corpus import load_corpus
    from workbench.core.snapshots import fingerprint

    here = workspace()
    before, after = (load_corpus(corpus_file(name, here)) for name in (first, second))
    found = diff(before, after)
    value = {
        "fingerprints": [fingerprint(before), fingerprint(after)],
        "removed": list(found.removed),
        "added": list(found.added),
        "labelled": list(found.labelled),
        "unlabelled": list(found.unlabelled),
        "same": found.same,
        "changes": [_row(change) for change in found.changes],
    }
    texts = {entry.document.id: entry.document.text for entry in after}
    answer(value, as_json=as_json, lines=_lines(found, value["fingerprints"], texts))


def _lines(found: "Difference", fingerprints: Any, texts: dict[str, str]) -> Iterator[str]:
    yield f"from {fingerprints[0]} to {fingerprints[1]}" + ("" if found.any else ": nothing changed")
    for name, ids in (
        ("only in the first", found.removed),
        ("only in the second", found.added),
        ("labelled since", found.labelled),
        ("labels taken away", found.unlabelled),
    ):
        if ids:
            yield f"{len(ids)} bulletins {name}: {', '.join(ids[:5])}" + (" ..." if len(ids) > 5 else "")
    kinds = Counter(change.kind for change in found.changes)
    if kinds:
        bulletins = len({change.document for change in found.changes})
        yield f"{bulletins} bulletins changed: " + ", ".join(f"{n} spans {kind}" for kind, n in kinds.most_common())
    for change in found.changes[:_SHOWN]:
        text = texts[change.document]
        yield f"  {change.document}: {change.kind} {_shown(change.before, text)} -> {_shown(change.after, text)}"
    if len(found.changes) > _SHOWN:
        yield f"  and {len(found.changes) - _SHOWN} more; --json has all"


def _shown(span: "Span | None", text: str) -> str:
    return "nothing" if span is None else f"{span.label} {text[span.start : span.end]!r} at {span.start}"


def _row(change: "Change") -> dict[str, Any]:
    def side(span: "Span | None") -> Any:
        return None if span is None else {"start": span.start, "end": span.end, "label": span.label}

    return {
        "document": change.document,
        "kind": change.kind,
        "before": side(change.before),
        "after": side(change.after),
    }
