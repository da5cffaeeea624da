"""bf16 and int8 of a trained model: made, and measured against fp32, before `auto` takes them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.corpus import Entry
from workbench.core.errors import MissingExtraError, ModelError
from workbench.core.files import write_text
from workbench.tag.decode import Floats, Tags, best_tags_of
from workbench.tag.engines import native_precisions, pick_engine
from workbench.tag.model import INT8, NETWORK, Manifest, file_hash, make_tagger, read_manifest, write_manifest
from workbench.tag.precision import Measured
from workbench.tag.tagger import Tagger
from workbench.tag.windows import windows_of
from workbench.train.calibrate import fit_temperature
from workbench.train.measure import measure

# Windows that the ranges of int8 activations are taken from; more changed nothing and took longer.
_CALIBRATED_ON = 100
_HEADING = "\n## Faster precisions\n"


def export_precisions(folder: Path, *, calibrate: Sequence[Entry], dev: Sequence[Entry]) -> Manifest:
    """Adds calibrated int8 and what this processor has of bf16 and int8, measured on dev, to a model folder.

    `calibrate` are bulletins of the kind the model will read, best those it was trained on; only their texts count.
    The model's version stays, as its fp32 stays. Raises ModelError where this machine has no faster precision,
    MissingExtraError where nncf is missing.
    """
    engine = pick_engine()
    native = native_precisions(engine)
    if native == ("fp32",):
        raise ModelError(
            "this machine has no faster precision than fp32: bf16 and int8 need the extra `fast` (openvino) and an x86 "
            "processor that has them"
        )
    manifest = read_manifest(folder)
    plain = make_tagger(folder, manifest, engine=engine, precision="fp32", temperature=1.0)
    if "int8" in native:
        quantise(folder / NETWORK, folder / INT8, tagger=plain, entries=calibrate)
    measured = {}
    for precision in native[1:]:
        files = (INT8, Path(INT8).with_suffix(".bin").name) if precision == "int8" else ()
        tagger = make_tagger(folder, manifest, engine=engine, precision=precision, temperature=1.0)
        found = compare(tagger, plain, dev, manifest)
        measured[precision] = replace(found, files={name: file_hash(folder / name) for name in files})
    manifest = replace(manifest, precisions=measured)
    write_manifest(folder, manifest)
    _into_card(folder / "README.md", measured)
    return manifest


def quantise(source: Path, target: Path, *, tagger: Tagger, entries: Sequence[Entry]) -> None:
    """Writes OpenVINO's form of the network (.xml, .bin) with int8 weights and activations.

    Post-training quantisation of nncf for transformers: SmoothQuant, per-channel weights, ranges from real texts.
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
    with _quiet():
        network = nncf.quantize(
            read_network(source),
            nncf.Dataset(sample),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(sample),
        )
    save_model(network, target, compress_to_fp16=False)


def compare(tagger: Tagger, plain: Tagger, dev: Sequence[Entry], manifest: Manifest) -> Measured:
    """How a faster tagger differs from the fp32 one, both with temperature 1."""
    units = plain.units([entry.document.text for entry in dev])
    before, after = _tags(plain.log_probs(units)), _tags(tagger.log_probs(units))
    entity = before > 0
    same = before == after
    f1 = [measure(each, dev, manifest.schema).counts().f1 or 0.0 for each in (tagger, plain)]
    return Measured(
        tags=round(float(same.mean()), 5),
        entity_tags=round(float(same[entity].mean()) if entity.any() else 1.0, 5),
        f1=round(f1[0], 4),
        f1_fp32=round(f1[1], 4),
        documents=len(dev),
        temperature=fit_temperature(tagger, dev),
    )


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
half a point lower). Each has a temperature of its own, so that its scores stay probabilities.

| precision | tags | on entities | F1 | F1 in fp32 | temperature | auto |
|---|---|---|---|---|---|---|
{rows}
"""
    text = re.sub(re.escape(_HEADING) + r".*?(?=\n## |\Z)", "", text, flags=re.DOTALL)
    write_text(card, text + section)
