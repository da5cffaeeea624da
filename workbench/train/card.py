"""The model card: what a model is, what it learned from and how well it does, written by the run that made it."""

from collections import Counter
from collections.abc import Sequence

from workbench.core.corpus import Entry
from workbench.tag.model import Manifest
from workbench.train.card_parts import calibration_section, share, silver_section
from workbench.train.material import Material
from workbench.train.settings import TrainingSettings

CHECKPOINT = "\nWeights for further training are in `checkpoint/`, for use without torch in `model.onnx`.\n"
_RATIOS = ("precision", "recall", "f1")


def model_card(
    manifest: Manifest,
    *,
    settings: TrainingSettings,
    material: Material,
    epochs: Sequence[dict[str, float]],
    refit: bool,
) -> str:
    """Markdown. Scores are strict span F1 on dev, which also chose the epoch and the temperature: an upper guess."""
    scores = manifest.scores
    rows = "\n".join(
        f"| {name} | {counts['support']} | " + " | ".join(share(counts[key]) for key in _RATIOS) + " |"
        for name, counts in scores["labels"].items()
    )
    precision, recall, f1 = (share(scores["micro"][key]) for key in _RATIOS)
    kept = (
        "The weights that are kept were then trained on both parts in the same way, so no bulletin is wasted."
        if refit
        else "No bulletin of dev, and no near-copy of one, is in training."
    )
    course = ", ".join(f"{row['f1']:.3f}" for row in epochs)
    silver = [f"| silver | {_data_row(material.silver.entries)} |"] if material.silver.entries else []
    data = "\n".join([*silver, f"| dev | {_data_row(material.dev)} |"])
    return f"""# {manifest.name}

A token classifier for {len(manifest.schema.labels)} labels of the schema `{manifest.schema.name}` version
{manifest.schema.version}, fine-tuned from `{manifest.encoder}`. Its predictions carry the version `{manifest.version}`.

## Use

    workbench prelabel FILE --model models/{manifest.name} -o labelled.jsonl

It proposes spans for a person to check; it is not made to decide about anyone. It reads English news bulletins like
those below, and will be worse on other kinds of text.

## Data

| part | bulletins | spans | annotators | assisted |
|---|---|---|---|---|
| training | {_data_row(material.train)} |
{data}

{kept}

## Scores on dev

Strict micro F1 {f1} (precision {precision}, recall {recall}).
Dev chose the best epoch and the temperature ({manifest.temperature}), so this is an upper guess: measure on a corpus
of its own with `workbench evaluate`. After each epoch, whatever the spans' scores: {course}.

{_left_out(manifest)}

| label | gold spans | precision | recall | F1 |
|---|---|---|---|---|
{rows}

{calibration_section(scores)}{silver_section(scores)}## Settings

Learned in windows of {settings.window} tokens, read in {manifest.reading.width}; seed {settings.seed}; all of them in
`settings.json`.
{CHECKPOINT}"""


def _left_out(manifest: Manifest) -> str:
    if not any(manifest.thresholds.values()):
        return "Spans of every score are kept."
    least = ", ".join(f"{score:.2f} ({group})" for group, score in manifest.thresholds.items())
    return f"Spans are left out that are right too seldom to be worth a look: those of a score under\n{least}."


def _data_row(entries: Sequence[Entry]) -> str:
    annotations = [entry.annotation for entry in entries if entry.annotation]
    authors = Counter(annotation.author or "unnamed" for annotation in annotations)
    named = ", ".join(f"{name} ({count})" for name, count in authors.most_common(5))
    assisted = sum(annotation.assisted for annotation in annotations)
    return f"{len(entries)} | {sum(len(entry.spans) for entry in entries)} | {named or 'none'} | {assisted}"
