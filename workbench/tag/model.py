"""A model folder: what training writes and pre-labelling reads.

workbench.json    the manifest: schema, how the model reads, calibration, hashes of the files
model.onnx        the network for any machine, without torch
model.int8.xml    the same in calibrated int8, for OpenVINO (.bin beside it); only after an export
tokenizer.json    the tokenizer
README.md         the model card
settings.json     how it was trained
checkpoint/       the weights for further training (safetensors, Hugging Face form)
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, ModelError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.schema import Schema, schema_from_table, schema_table
from workbench.core.text import brief, shortened
from workbench.tag.engines import native_precisions, open_engine, pick_engine
from workbench.tag.precision import Measured, pick_precision
from workbench.tag.shape import ANY_SHAPE, Shape
from workbench.tag.tagger import Reading, Tagger

FORMAT = 1
MANIFEST = "workbench.json"
NETWORK, INT8 = "model.onnx", "model.int8.xml"
# Small batches, and few different widths, are what the engines like best.
_TOKEN_BUDGET = 512
_NARROW = 256


@dataclass(frozen=True)
class Manifest:
    """What a model folder says of itself. `files` maps a file name to the SHA-256 of its content; `made_from` is a
    hash of everything that training started from. `precisions` says of bf16 and int8 what they cost. Spans whose score
    is under that of their label's group in `thresholds` are left out."""

    name: str
    schema: Schema
    reading: Reading
    temperature: float
    encoder: str
    files: dict[str, str]
    scores: dict[str, Any]
    made_from: str = ""
    shape: Shape = ANY_SHAPE
    precisions: Mapping[str, Measured] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The `model_version` of its predictions: name and hash of all that decides what it says."""
        parts = [self.schema.hash, sorted(self.files.items()), asdict(self.reading), self.temperature]
        parts += [asdict(self.shape)] if self.shape != ANY_SHAPE else []
        parts += [sorted(self.thresholds.items())] if any(self.thresholds.values()) else []
        return f"{self.name}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]}"

    def version_in(self, precision: str) -> str:
        """The `model_version` in that arithmetic: other than fp32 it is named behind, as it may say something else."""
        return self.version + ("" if precision == "fp32" else f"+{precision}")


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest; done last, it is what makes a folder a model."""
    table = {
        "format": FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "schema": schema_table(manifest.schema),
        "reading": asdict(manifest.reading),
        "temperature": manifest.temperature,
        "thresholds": dict(manifest.thresholds),
        "shape": asdict(manifest.shape),
        "encoder": manifest.encoder,
        "files": manifest.files,
        "scores": manifest.scores,
        "made_from": manifest.made_from,
        "precisions": {name: measured.table() for name, measured in manifest.precisions.items()},
    }
    write_text(folder / MANIFEST, json.dumps(table, indent=2, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder. Raises ModelError where there is none or it is of another form."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ModelError(f"{folder} is no model folder; train one with `workbench train --train FILE -o {folder}`")
    try:
        table = json_value(path.read_text(encoding="utf-8"))
        if table["format"] != FORMAT:
            raise ModelError(
                f"{folder} has the model format {table['format']}; this version reads {FORMAT}: train it again"
            )
        manifest = Manifest(
            name=table["name"],
            schema=schema_from_table(table["schema"]),
            reading=Reading(**table["reading"]),
            temperature=float(table["temperature"]),
            encoder=str(table["encoder"]),
            files=dict(table["files"]),
            scores=dict(table.get("scores", {})),
            made_from=str(table.get("made_from", "")),
            shape=_shape(table.get("shape", {})),
            precisions={name: Measured(**row) for name, row in table.get("precisions", {}).items()},
            thresholds={name: float(least) for name, least in table.get("thresholds", {}).items()},
        )
        _check(manifest)
    except FileNotFoundError:
        raise ModelError(_without_manifest(folder)) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, InputError) as error:
        reason = shortened(str(error))
        raise ModelError(f"{path} is damaged ({reason}); copy the model again or train it again") from None
    return manifest


def _check(manifest: Manifest) -> None:
    """Raises ValueError for parts of another type than they are used as."""
    reading, shape = manifest.reading, manifest.shape
    numbers = [getattr(reading, name) for name in Reading.__slots__]
    if not all(type(number) is int and number >= 0 for number in numbers) or reading.overlap >= reading.width:
        raise ValueError(f"its reading is {brief(numbers)}")
    if not 0 < manifest.temperature < float("inf"):
        raise ValueError(f"its temperature is {manifest.temperature}")
    if not all(0 <= least <= 1 for least in manifest.thresholds.values()):
        raise ValueError(f"its thresholds are {brief(manifest.thresholds)}")
    texts = [manifest.name, *manifest.files, *manifest.files.values(), *shape.joined, shape.before, shape.after]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"names, files or shape are no texts: {brief(texts)}")


def _shape(table: Mapping[str, Any]) -> Shape:
    return Shape(**{**table, "joined": tuple(table.get("joined", ())), "balanced": bool(table.get("balanced", False))})


def _without_manifest(folder: Path) -> str:
    if (folder / "config.json").exists():
        return (
            f"{folder} holds weights in Hugging Face's form, which were not exported (there is no {MANIFEST}); "
            f"train from them with `workbench train --train FILE --encoder {folder} -o DIR`"
        )
    return f"{folder} holds no {MANIFEST}; it is no model, or its training was stopped before the end"


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hex. Raises ModelError where the file is missing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); copy the model again or train it again") from None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model would be run in on this machine, and the `model_version` of what it would say."""

    manifest: Manifest
    engine: str
    precision: str

    @property
    def version(self) -> str:
        """See Manifest.version_in."""
        return self.manifest.version_in(self.precision)


@dataclass(frozen=True)
class Model:
    """A model ready to label: what was chosen to run it, and its tagger."""

    choice: Choice
    tagger: Tagger

    @property
    def manifest(self) -> Manifest:
        """What the model says of itself."""
        return self.choice.manifest

    @property
    def engine(self) -> str:
        """What computes it."""
        return self.choice.engine

    @property
    def precision(self) -> str:
        """The arithmetic it is computed in."""
        return self.choice.precision

    @property
    def schema(self) -> Schema:
        """The labels it was trained on."""
        return self.manifest.schema

    @property
    def version(self) -> str:
        """The `model_version` of its predictions."""
        return self.choice.version


def choose(folder: Path, *, engine: str = "auto", precision: str = "fp32") -> Choice:
    """The engine and precision that load_model would take, found without loading. Raises ModelError as it does."""
    manifest, name = read_manifest(folder), pick_engine(engine)
    native = ("fp32",) if precision == "fp32" else native_precisions(name)
    return Choice(manifest, name, pick_precision(precision, measured=manifest.precisions, native=native, where=folder))


def load_model(
    folder: str | Path, *, threads: int | None = None, engine: str = "auto", precision: str = "fp32"
) -> Model:
    """Loads an exported model, verified by its hashes. Raises ModelError with the remedy where it cannot be used.

    `engine` is one of engines.ENGINES, `precision` one of engines.PRECISIONS or "auto" (see pick_precision).
    """
    folder = Path(folder)
    choice = choose(folder, engine=engine, precision=precision)
    manifest, measured = choice.manifest, choice.manifest.precisions.get(choice.precision)
    _verify(folder, {**manifest.files, **(measured.files if measured else {})})
    tagger = make_tagger(
        folder,
        manifest,
        engine=choice.engine,
        precision=choice.precision,
        temperature=measured.temperature if measured else manifest.temperature,
        threads=threads,
    )
    return Model(choice, tagger)


def make_tagger(
    folder: Path, manifest: Manifest, *, engine: str, precision: str, temperature: float, threads: int | None = None
) -> Tagger:
    """A model folder's tagger on an engine (not "auto"), its files not verified. Raises ModelError as load_model."""
    network = folder / (INT8 if precision == "int8" else NETWORK)
    return Tagger(
        open_engine(network, engine=engine, precision=precision, threads=threads).run,
        tokenizer=load_tokenizer_file(folder / "tokenizer.json"),
        labels=manifest.schema.names,
        reading=manifest.reading,
        temperature=temperature,
        shape=manifest.shape,
        thresholds=by_label(manifest.thresholds, manifest.schema),
        token_budget=_TOKEN_BUDGET,
        width_step=_width_step(manifest.reading.width + 2),
    )


def by_label(of_groups: Mapping[str, float], schema: Schema) -> dict[str, float]:
    """What each label is given by its group, 0.0 without."""
    return {label.name: of_groups.get(label.group, 0.0) for label in schema.labels}


def _width_step(widest: int) -> int:
    """What widths are rounded up to a multiple of: windows of 128 tokens to 16, of 512 to 32.

    Finer steps pad less (8 instead of 16: 3 %), but are no faster, and each shape of a batch takes memory.
    """
    return 16 if widest <= _NARROW else 32


def _verify(folder: Path, files: Mapping[str, str]) -> None:
    for name, expected in files.items():
        path = folder / name
        if file_hash(path) != expected:
            raise ModelError(
                f"{path} is not the file that training wrote (its hash differs: truncated or changed); "
                "copy the model again or train it again"
            )


def load_tokenizer_file(path: Path) -> Any:
    """A tokenizers.Tokenizer that neither truncates nor pads, whatever the file says."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the Rust side raises bare Exceptions
        raise ModelError(f"{path} is no tokenizer ({error}); copy the model again or train it again") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
