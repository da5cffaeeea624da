"""Parts of the model card that only some runs have: how far scores may be trusted, and what silver added."""

from collections.abc import Iterator, Mapping
from typing import Any


def calibration_section(scores: Mapping[str, Any]) -> str:
    """Expected calibration errors, before and after the temperature; empty for a model that measured none."""
    if "calibration" not in scores:
        return ""
    rows = "\n".join(
        f"| {name} | {row['count']} | {share(row['before'])} | {share(row['after'])} |"
        for name, row in scores["calibration"].items()
    )
    return f"""## What the scores mean

A span's score is the model's probability that it is right; a bulletin's, which orders the tasks in Label Studio (least
sure first), is the geometric mean of its spans'; `workbench order` has other orders. Expected calibration error on dev,
from 0 (of the spans scored 0.8, eight in ten are right) to 1, without and with the temperature; dev chose the
temperature, so "with" is a lower guess.

| scores of | number | without | with |
|---|---|---|---|
{rows}

"""


def silver_section(scores: Mapping[str, Any]) -> str:
    """What was learned from silver, and per label what it added where the run without it was made."""
    silver = scores.get("silver")
    if not silver:
        return ""
    counted = [f"{n} {why}" for kind in ("masked", "dropped") for why, n in silver[kind].items()]
    left_out = f" Not learned from: {', '.join(counted)}." if counted else ""
    text = f"""## Silver

Learned beside the gold: {silver["documents"]} bulletins labelled by a model, {silver["spans"]} spans, with weight
{silver["weight"]:g} in the loss.{left_out}

"""
    if "without" not in silver:
        return text
    rows = "\n".join(
        f"| {name} | {support} | {share(without)} | {share(with_it)} | {difference:+.3f} |"
        for name, support, without, with_it, difference in silver_rows(scores)
    )
    return f"""{text}Strict F1 on dev, one run each; differences of a few hundredths may be chance.

| label | gold spans | without silver | with silver | difference |
|---|---|---|---|---|
{rows}

"""


def silver_rows(scores: Mapping[str, Any]) -> Iterator[tuple[str, int, float, float, float]]:
    """Label, its gold spans on dev, F1 without silver, with it, and the difference; at the end over all labels."""
    without = scores["silver"]["without"]
    names = [*scores["labels"], *(name for name in without["labels"] if name not in scores["labels"])]
    pairs = [(name, without["labels"].get(name), scores["labels"].get(name)) for name in names]
    for name, before, after in [*pairs, ("all labels (micro)", without["micro"], scores["micro"])]:
        f1 = [(counts or {}).get("f1") or 0.0 for counts in (before, after)]
        yield name, (before or after or {})["support"], *f1, f1[1] - f1[0]


def share(value: float | None) -> str:
    """A ratio with three digits."""
    return "undefined" if value is None else f"{value:.3f}"
