"""`workbench agreement`: how far annotators agree, and what they disagree about."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import answer, json_option, progress, say, schema_option, table, workspace

if TYPE_CHECKING:
    from workbench.score.agreement import Agreement, PairAgreement
    from workbench.score.mismatch import Mismatch


@click.command(name="agreement")
@click.argument("files", metavar="[FILE FILE…]", nargs=-1)
@click.option("--project", metavar="NAME", help="Instead of files: the annotators of this Label Studio project.")
@schema_option
@click.option(
    "--show", default=10, show_default=True, type=click.IntRange(0), help="Differences of each pair shown in context."
)
@json_option
def command(files: Sequence[str], *, project: str | None, schema_path: str | None, show: int, as_json: bool) -> None:
    """Measure how far annotators agree.

    One corpus file each, of the same bulletins, or a Label Studio project.

    Mean pairwise F1, Krippendorff's alpha for units and Cohen's kappa over tokens, by pair and by label, and what they
    disagree about. "found" asks whether both marked a place, "typed" whether they gave the same label where both
    marked the same stretch.

    \b
    Examples:
      workbench agreement annotator-a.jsonl annotator-b.jsonl
      workbench agreement --project "May 2024"
    """
    from workbench.core.corpus import load_corpus
    from workbench.score.agreement import agree

    if project is not None:
        if files:
            raise click.UsageError("name either files or a project")
        _of_project(project, schema_path, show, as_json)
        return
    if len(set(files)) < 2:
        raise click.UsageError("name at least two different files, one for each annotator, or a --project")
    names = annotator_names(files)
    found = agree({names[file]: load_corpus(file) for file in names}, workspace().schema(schema_path))
    for line in _remarks(found):
        say(line)
    answer(_as_dict(found, show), as_json=as_json, lines=_lines(found, show))


def _of_project(title: str, schema_path: str | None, show: int, as_json: bool) -> None:
    """Each two annotators of a project on the bulletins that both labelled: more than two seldom share them all."""
    from itertools import combinations

    from workbench.core.errors import InputError
    from workbench.score.agreement import agree
    from workbench.studio.connect import connect
    from workbench.studio.suggested import read_by_annotator

    here = workspace()
    with connect(here) as studio:
        works = read_by_annotator(studio, title, progress=progress)
    ids = {name: {entry.document.id for entry in entries} for name, entries in works.items()}
    pairs = [(a, b) for a, b in combinations(works, 2) if ids[a] & ids[b]]
    if not pairs:
        raise InputError(
            f"project {title!r} has no bulletin that two annotators labelled (annotators: "
            f"{', '.join(works) or 'none'}); let two label each with `workbench import --annotators 2`"
        )
    schema = here.schema(schema_path)
    common = {(a, b): ids[a] & ids[b] for a, b in pairs}
    found = [
        agree({n: [e for e in works[n] if e.document.id in common[a, b]] for n in (a, b)}, schema) for a, b in pairs
    ]
    for one in found:
        for line in _remarks(one):
            say(line)
    value = {"project": title, "agreements": [_as_dict(one, show) for one in found]}
    answer(value, as_json=as_json, lines=(line for one in found for line in _lines(one, show)))


def annotator_names(files: Sequence[str]) -> dict[str, str]:
    """What to call the annotator of each file: its name without folder and ending, where that tells them apart."""
    stems = Counter(Path(file).stem for file in set(files))
    return {file: stem if stems[stem := Path(file).stem] == 1 else file for file in dict.fromkeys(files)}


def _remarks(found: "Agreement") -> Iterator[str]:
    if found.left_out:
        yield f"left out {found.left_out} bulletins that not every annotator labelled"
    if found.assisted:
        yield (
            f"{found.assisted} of {found.documents} bulletins were annotated from suggestions, which makes annotators "
            "agree with the model that made them, and so with each other"
        )


def _lines(found: "Agreement", show: int) -> Iterator[str]:
    yield f"{len(found.annotators)} annotators, {found.documents:,} bulletins"
    yield from table(("pair", "F1", "boundary", "found", "typed", "kappa, tokens", "alpha-U"), _pair_rows(found))
    labels = [label for label, alpha in found.alpha_by_label.items() if found.mean_f1(label=label) is not None]
    yield from table(
        ("label", "F1", "alpha-U", "kappa, tokens", *found.annotators), [_label_row(found, label) for label in labels]
    )
    for pair in found.pairs:
        yield from _differences(pair, show)


def _pair_rows(found: "Agreement") -> Iterator[tuple[Any, ...]]:
    for pair in found.pairs if len(found.pairs) > 1 else ():
        scores = [pair.evaluation.counts(measure).f1 for measure in ("strict", "boundary", "found")]
        yield (f"{pair.first} – {pair.second}", *scores, pair.typed, pair.kappa, None)
    scores = [found.mean_f1(measure) for measure in ("strict", "boundary", "found")]
    yield ("mean of pairs", *scores, found.mean_typed(), found.mean_kappa(), found.alpha)
    if len(found.annotators) > 2:
        yield ("all together (Fleiss)", None, None, None, None, found.fleiss, None)


def _label_row(found: "Agreement", label: str) -> tuple[Any, ...]:
    many: dict[str, int] = {}
    for pair in found.pairs:
        counts = pair.evaluation.by_label()[label]
        many |= {pair.first: counts.gold, pair.second: counts.predicted}
    alpha = found.alpha_by_label[label]
    return (label, found.mean_f1(label=label), alpha, found.mean_kappa(label), *(many[n] for n in found.annotators))


def _differences(pair: "PairAgreement", show: int) -> Iterator[str]:
    kinds = Counter((one.kind, _label(one.first), _label(one.second)) for one in pair.mismatches)
    yield f"what {pair.first} and {pair.second} disagree about: {len(pair.mismatches):,} places"
    rows = [(*kind, count) for kind, count in kinds.most_common(show or None)]
    yield from table(("kind", pair.first, pair.second, "places"), rows)
    yield from (_in_context(one) for one in islice(pair.mismatches, show))
    if show and len(pair.mismatches) > show:
        yield f"… and {len(pair.mismatches) - show:,} more; --show {len(pair.mismatches)} shows all"


def _in_context(one: "Mismatch") -> str:
    from workbench.core.text import excerpt

    sides = [
        "–" if span is None else f"{span.label} {excerpt(one.document.text, span.start, span.end)}"
        for span in (one.first, one.second)
    ]
    return f"{one.document.id} {one.kind}: {sides[0]}  |  {sides[1]}"


def _label(span: Any) -> str:
    return "–" if span is None else str(span.label)


def _as_dict(found: "Agreement", show: int) -> dict[str, Any]:
    return {
        "annotators": list(found.annotators),
        "documents": found.documents,
        "left_out": found.left_out,
        "f1": found.mean_f1(),
        "boundary_f1": found.mean_f1("boundary"),
        "found_f1": found.mean_f1("found"),
        "typed": found.mean_typed(),
        "kappa": found.mean_kappa(),
        "fleiss_kappa": found.fleiss,
        "alpha_u": found.alpha,
        "labels": {
            label: {"f1": found.mean_f1(label=label), "alpha_u": alpha, "kappa": found.mean_kappa(label)}
            for label, alpha in found.alpha_by_label.items()
        },
        "pairs": [_pair_dict(pair, show) for pair in found.pairs],
    }


def _pair_dict(pair: "PairAgreement", show: int) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "f1": pair.evaluation.counts().f1,
        "boundary_f1": pair.evaluation.counts("boundary").f1,
        "found_f1": pair.evaluation.counts("found").f1,
        "typed": pair.typed,
        "kappa": pair.kappa,
        "mismatches": len(pair.mismatches),
        "shown": [_mismatch_dict(one) for one in pair.mismatches[:show]],
    }


def _mismatch_dict(one: "Mismatch") -> dict[str, Any]:
    spans = {"first": one.first, "second": one.second}
    return {
        "id": one.document.id,
        "kind": one.kind,
        **{
            side: span
            and {"start": span.start, "end": span.end, "label": span.label}
            | {"text": one.document.text[span.start : span.end]}
            for side, span in spans.items()
        },
    }
