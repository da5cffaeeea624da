"""`workbench train`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.common import (
    alone_at,
    answer,
    counted,
    json_option,
    say,
    say_replaced,
    schema_option,
    setting_pair,
    stepping,
    table,
    workspace,
)

if TYPE_CHECKING:
    from workbench.core.corpus import Entry
    from workbench.core.workspace import Workspace
    from workbench.score.growth import Growth, Point
    from workbench.tag.model import Manifest


@click.command()
@click.option(
    "--train",
    "train_files",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Annotated corpus; may be given several times.",
)
@click.option(
    "--dev", "dev_file", metavar="FILE", help="Corpus to measure on after each epoch; else a part of --train."
)
@click.option("-o", "--output", required=True, metavar="DIR", help="The model folder to write, such as models/first.")
@click.option("--encoder", metavar="NAME", help="minilm, mpnet, a folder or a Hugging Face name.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting of the run; see settings.json of a model.",
)
@click.option(
    "--silver",
    "silver_files",
    multiple=True,
    metavar="FILE",
    help="Bulletins labelled by a model (workbench assist, prelabel), to learn from as well.",
)
@click.option("--silver-weight", type=click.FloatRange(0), help="Weight of a silver bulletin, where gold has 1.")
@click.option("--silver-report", is_flag=True, help="Train without the silver too, and say per label what it adds.")
@click.option(
    "--curve", is_flag=True, help="Train on growing parts too: F1 by annotated bulletins, and what more bring."
)
@click.option(
    "--curve-repeats",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Runs of each size for --curve, each on other bulletins.",
)
@click.option("--candidate", is_flag=True, help="Leave the workspace's current model in force; a gate comes first.")
@click.option("--seed", type=int, help="Seed of everything random.")
@schema_option
@json_option
def command(
    *,
    train_files: tuple[str, ...],
    dev_file: str | None,
    output: str,
    encoder: str | None,
    changes: tuple[str, ...],
    silver_files: tuple[str, ...],
    silver_weight: float | None,
    silver_report: bool,
    curve: bool,
    curve_repeats: int,
    candidate: bool,
    seed: int | None,
    schema_path: str | None,
    as_json: bool,
) -> None:
    """Fine-tune the token classifier on annotated bulletins.

    Prints F1 on dev after each epoch, keeps the best, and writes a model folder with its card.
    A run that was stopped goes on where it was when the same command is given again.
    Several devices: torchrun --nproc-per-node 2 -m workbench train …, or accelerate launch -m workbench train …

    \b
    Examples:
      workbench train --train annotations/corpus.jsonl -o models/first
      workbench train --train annotations/corpus.jsonl -o models/first --curve
      workbench train --train gold.jsonl --silver assisted.jsonl --silver-report -o models/silver
    """
    from workbench.core.corpus import labelled, load_corpus
    from workbench.tag.find import set_current
    from workbench.tag.model import read_manifest
    from workbench.train.settings import settings_from
    from workbench.train.together import is_first

    if silver_report and not silver_files:
        raise click.UsageError("--silver-report says what silver adds, so it needs --silver FILE")
    here = workspace()
    given: dict[str, Any] = dict(setting_pair(change) for change in changes)
    options = (("encoder", encoder), ("seed", seed), ("silver_weight", silver_weight))
    given |= {name: value for name, value in options if value is not None}
    entries = [entry for file in train_files for entry in labelled(load_corpus(file), where=file)]
    dev = labelled(load_corpus(dev_file), where=dev_file) if dev_file else None
    silver = [entry for file in silver_files for entry in load_corpus(file)]
    material: dict[str, Any] = {
        "entries": entries,
        "dev": dev,
        "silver": silver,
        "schema": here.schema(schema_path),
        "settings": settings_from(given),
    }
    folder = Path(output)
    with _together(), alone_at(folder) if is_first() else nullcontext():
        epochs, growth = _trained(folder, here, material, silver_report, curve_repeats if curve else 0)
    if not is_first():
        return
    if not candidate:
        set_current(folder, here)
    manifest = read_manifest(folder)
    answer(
        {"model": str(folder), "version": manifest.version, "dev": manifest.scores, "epochs": list(epochs)}
        | ({"curve": asdict(growth)} if growth else {}),
        as_json=as_json,
        lines=[
            *_score_lines(manifest),
            *(_curve_lines(growth) if growth else ()),
            f"The model is in {folder}; its card is {folder / 'README.md'}.",
            *_closing(entries if dev is None else dev, candidate=candidate),
        ],
    )


def _trained(
    folder: Path, here: "Workspace", material: dict[str, Any], without_silver: bool, curve_repeats: int
) -> tuple[tuple[dict[str, float], ...], "Growth | None"]:
    """Trains, unless only the curve of a model is missing; returns a row for each epoch, and the curve if asked for."""
    from workbench.core.deeds import Deed
    from workbench.train.curve import learning_curve
    from workbench.train.run import train_model, up_to_date
    from workbench.train.together import is_first
    from workbench.train.trainer import Watch

    cache = here.state / "encoders"
    deed = Deed(here.undo, f"train -o {folder}")
    with stepping("training") as step:
        watch = Watch(step, lambda number, f1: say(f"epoch {number}: F1 on dev {f1:.3f}"), say)
        watch = watch if is_first() else Watch()
        epochs: tuple[dict[str, float], ...] = ()
        if curve_repeats and up_to_date(folder, **material) and not (without_silver and _lacks_report(folder)):
            watch.say(f"{folder} is the model of these bulletins and settings; only its learning curve is made")
        else:
            epochs = train_model(
                folder=folder,
                cache=cache,
                watch=watch,
                aside=lambda old: deed.keep_folder(old, of=folder.resolve()),
                without_silver=without_silver,
                **material,
            ).epochs
            say_replaced(deed, "older model was")
        if not curve_repeats:
            return epochs, None
        return epochs, learning_curve(folder, repeats=curve_repeats, cache=cache, watch=watch, **material)


def _lacks_report(folder: Path) -> bool:
    """Whether a model was trained without saying what silver adds."""
    from workbench.tag.model import read_manifest

    return "without" not in read_manifest(folder).scores.get("silver", {})


def _score_lines(manifest: "Manifest") -> Iterator[str]:
    from workbench.train.card_parts import silver_rows

    scores, keys = manifest.scores, ("support", "precision", "recall", "f1")
    rows = [(name, *(counts[key] for key in keys)) for name, counts in scores["labels"].items()]
    on_dev = counted(scores["documents"], "bulletin") if "documents" in scores else "held back"
    rows.append(("all labels (micro)", *(scores["micro"][key] for key in keys)))
    yield from table(("label", "gold spans", "precision", "recall", "F1"), rows, title=f"Strict F1 on dev ({on_dev})")
    if "without" in scores.get("silver", {}):
        header = ("label", "gold spans", "without silver", "with silver", "difference")
        yield from table(header, silver_rows(scores), title="What the silver bulletins add: strict F1 on dev")
    errors = [(name, row["count"], row["before"], row["after"]) for name, row in scores["calibration"].items()]
    names = ("scores of", "number", "as they come", f"with temperature {manifest.temperature:g}")
    yield from table(names, errors, title="Expected calibration error on dev")


def _closing(measured: "Sequence[Entry]", *, candidate: bool) -> Iterator[str]:
    """Which model is in force from now on, and what the F1 on dev is worth; `measured` is what dev was taken from."""
    assisted = sum(entry.annotation is not None and entry.annotation.assisted for entry in measured)
    if assisted:
        yield (
            f"F1 on dev flatters: {assisted} of {counted(len(measured), 'bulletin')} were annotated from suggestions. "
            "Measure on some that were not, and not trained on: workbench evaluate --data FILE"
        )
    yield "The model in force stays the one before." if candidate else "It is the current model from now on."


def _curve_lines(found: "Growth") -> Iterator[str]:
    from workbench.cli.plot import Mark, plot
    from workbench.score.resample import Interval

    yield "Learning curve: strict F1 on dev by bulletins learned from, means of the runs"
    yield from table(("bulletins", "runs", "F1", "95 %"), [_point_row(point) for point in found.points])
    spread = [(point, point.interval or Interval(point.f1, point.f1)) for point in found.points]
    yield from plot([Mark(str(point.documents), point.f1, each.low, each.high) for point, each in spread])
    yield _projected(found)


def _point_row(point: "Point") -> tuple[Any, ...]:
    between = f"{point.interval.low:.3f}–{point.interval.high:.3f}" if point.interval else "too few on dev"
    return point.documents, point.runs, point.f1, between


def _projected(found: "Growth") -> str:
    """What the next annotated bulletins may be worth, in a sentence."""
    ahead, last = found.projection, found.points[-1].documents
    if ahead is None:
        return f"too few points for a projection: {len(found.points)} sizes, expected 3; annotate more bulletins first"
    if ahead.gain == 0:
        return f"The curve does not rise towards {last} bulletins, so it promises nothing for more of the same kind."
    between = f" (95 % {ahead.interval.low:+.3f} to {ahead.interval.high:+.3f})" if ahead.interval else ""
    far = f"; that is far beyond the {last} that there are, so take it as a guess" if ahead.more > last / 2 else ""
    return f"The next {ahead.more} annotated bulletins of this kind: F1 {ahead.gain:+.3f}{between}{far}."


@contextmanager
def _together() -> Iterator[None]:
    """Where several processes make the run, only the first says what went wrong; all leave in order."""
    from workbench.core.errors import WorkbenchError
    from workbench.train.together import is_first, leave

    try:
        yield
    except WorkbenchError as error:
        if not is_first():
            sys.exit(error.exit_status)
        raise
    finally:
        leave()
