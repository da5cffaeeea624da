"""bf16 and int8 of a trained model: made, and measured against fp32, before `auto` takes them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.corpus import Entry
from workbench.core.errors import MissingExtraError, ModelError
from workbench.core.files import write_text
from workbench.tag.decode import Floats, Tags, best_tags_of, log_softmax
from workbench.tag.engines import native_precisions, pick_engine
from workbench.tag.model import INT8, NETWORK, Manifest, file_hash, make_tagger, read_manifest, write_manifest
from workbench.tag.precision import Measured
from workbench.tag.tagger import Tagger
from workbench.tag.units import Units
from workbench.tag.windows import windows_of
from workbench.train.measure import evaluate_tagged

# Windows that the ranges of int8 activations are taken from; more changed nothing and took longer.
_CALIBRATED_ON = 100
_MEASURED_ON = 300
FASTER = ("bf16", "int8")
_HEADING = "\n## Faster precisions\n"


def quicken(
    folder: Path,
    *,
    calibrate: Sequence[Entry],
    dev: Sequence[Entry],
    wanted: Sequence[str] = FASTER,
    say: Callable[[str], None] = lambda line: None,
) -> Manifest:
    """export_precisions at the end of training, where this machine can; else the model stays fp32 and `say` hears why.

    At most _MEASURED_ON bulletins of dev are looked at.
    """
    step = -(-len(dev) // _MEASURED_ON) or 1
    try:
        manifest = export_precisions(folder, calibrate=calibrate, dev=dev[::step], wanted=wanted)
    except (ModelError, MissingExtraError) as error:
        say(f"the model runs in fp32: {error}")
        return read_manifest(folder)
    good = [name for name, measured in manifest.precisions.items() if measured.good_enough(name)]
    say(f"faster precisions: {', '.join(good) or 'none that is good enough'} (see the card)")
    return manifest


def export_precisions(
    folder: Path, *, calibrate: Sequence[Entry], dev: Sequence[Entry], wanted: Sequence[str] = FASTER
) -> Manifest:
    """Adds what this processor has of the wanted precisions, measured on dev, to a model folder; int8 is calibrated.

    `calibrate` are bulletins of the kind the model will read, best those it was trained on; only their texts count.
    The model's version stays, as its fp32 stays. Raises ModelError where this machine has no faster precision,
    MissingExtraError where nncf is missing.
    """
    engine = pick_engine()
    native = [name for name in native_precisions(engine) if name in wanted]
    if not native:
        raise ModelError(
            "this machine has no faster precision than fp32: bf16 and int8 need the extra `fast` (openvino) and an x86 "
            "processor that has them"
        )
    manifest = read_manifest(folder)
    plain = make_tagger(folder, manifest, engine=engine, precision="fp32", temperature=1.0)
    units = plain.units([entry.document.text for entry in dev])
    reference = plain.log_probs(units)
    if "int8" in native:
        quantise(folder / NETWORK, folder / INT8, tagger=plain, entries=calibrate)
    measured = {}
    for precision in native:
        files = (INT8, Path(INT8).with_suffix(".bin").name) if precision == "int8" else ()
        tagger = make_tagger(folder, manifest, engine=engine, precision=precision, temperature=1.0)
        found = compare(tagger, units, reference, dev, manifest)
        measured[precision] = replace(found, files={name: file_hash(folder / name) for name in files})
    manifest = replace(manifest, precisions=measured)
    write_manifest(folder, manifest)
    _into_card(folder / "README.md", measured)
    return manifest


def quantise(source: Path, target: Path, *, tagger: Tagger, entries: Sequence[Entry]) -> None:
    """Writes OpenVINO's form of the network (.xml, .bin) with int8 weights and activations.

    Post-training quantisation of nncf for transformers: SmoothQuant, per-channel weights, ranges from real texts.
    Raises ModelError for a network that it does not understand.
    """
    try:
        import nncf
    except ImportError:
        raise MissingExtraError("nncf", "int8") from None
    import logging

    from openvino import save_model

    from workbench.tag.openvino_network import read_network

    # Its progress bars and notices are for its developers.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    sample = _sample(tagger, entries)
    try:
        with _quiet():
            network = nncf.quantize(
                read_network(source),
                nncf.Dataset(sample),
                model_type=nncf.ModelType.TRANSFORMER,
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(sample),
            )
        save_model(network, target, compress_to_fp16=False)
    except (OSError, ModelError):
        raise
    except Exception as error:
        # nncf raises what it likes, and a model that was trained for hours must not be lost by it.
        raise ModelError(f"{source} cannot be quantised ({str(error).strip()[:200].partition(chr(10))[0]})") from error


def compare(
    tagger: Tagger, units: Sequence[Units], reference: Sequence[Floats], dev: Sequence[Entry], manifest: Manifest
) -> Measured:
    """How a faster tagger differs from the fp32 one, whose log probabilities are the reference; temperature 1 both."""
    log_probs = tagger.log_probs(units)
    temperature = matching_temperature(log_probs, reference, manifest.temperature)
    before, after = _tags(reference), _tags(log_probs)
    entity = before > 0
    same = before == after
    f1 = [
        evaluate_tagged(
            tagger.decode(units, [log_softmax(scores, temperature=divisor) for scores in each]), dev, manifest.schema
        )
        .counts()
        .f1
        or 0.0
        for each, divisor in ((log_probs, temperature), (reference, manifest.temperature))
    ]
    return Measured(
        tags=round(float(same.mean()), 5),
        entity_tags=round(float(same[entity].mean()) if entity.any() else 1.0, 5),
        f1=round(f1[0], 4),
        f1_fp32=round(f1[1], 4),
        documents=len(dev),
        temperature=temperature,
    )


def matching_temperature(log_probs: Sequence[Floats], reference: Sequence[Floats], temperature: float) -> float:
    """The temperature under which a tagger's probabilities are nearest to the reference's under its own.

    Nearest by cross-entropy. So what calibrated the reference calibrates the other, also where only texts are at
    hand on which the network was trained, and which would make a temperature fitted on gold too low.
    """
    from scipy.optimize import minimize_scalar

    found, wanted = np.concatenate(log_probs), np.exp(log_softmax(np.concatenate(reference), temperature=temperature))
    if not len(found):
        return temperature

    def apart(divisor: float) -> float:
        return -float((wanted * log_softmax(found, temperature=divisor)).sum(axis=1).mean())

    return round(float(minimize_scalar(apart, bounds=(0.25, 4.0), method="bounded").x), 4)


def _tags(log_probs: Sequence[Floats]) -> Tags:
    return np.concatenate([tags for tags, _ in best_tags_of(log_probs)])


def _sample(tagger: Tagger, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One window of each bulletin as the network takes it, evenly over the entries."""
    step = max(1, len(entries) // _CALIBRATED_ON)
    reading = tagger.reading
    sample = []
    for units in tagger.units([entry.document.text for entry in entries[::step]])[:_CALIBRATED_ON]:
        for window in windows_of(units, width=reading.width, overlap=reading.overlap)[:1]:
            tokens = units.token_ids[window.start : window.end]
            ids = np.concatenate([[reading.start_id], tokens, [reading.end_id]])[None, :]
            sample.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return sample


def _quiet() -> Any:
    import io
    from contextlib import redirect_stdout

    return redirect_stdout(io.StringIO())


def _into_card(card: Path, measured: dict[str, Measured]) -> None:
    """Writes or renews the card's section."""
    text = card.read_text(encoding="utf-8") if card.exists() else ""
    rows = "\n".join(
        f"| {name} | {100 * m.tags:.2f} % | {100 * m.entity_tags:.2f} % | {m.f1:.3f} | {m.f1_fp32:.3f} "
        f"| {m.temperature} | {'yes' if m.good_enough(name) else 'no'} |"
        for name, m in measured.items()
    )
    documents = next(iter(measured.values())).documents
    section = f"""{_HEADING}
Against fp32, on {documents} annotated bulletins: the share of tags that stay the same, of all and of those on entities,
and strict micro F1. `auto` says whether `--precision auto` takes it (tags of bf16 at least 99.9 % the same, F1 at most
half a point lower; of int8, also at least 97 % of those on entities). Each has a temperature of its own, which brings
its scores nearest to those of fp32.

| precision | tags | on entities | F1 | F1 in fp32 | temperature | auto |
|---|---|---|---|---|---|---|
{rows}
"""
    text = re.sub(re.escape(_HEADING) + r".*?(?=\n## |\Z)", "", text, flags=re.DOTALL)
    write_text(card, text + section)
