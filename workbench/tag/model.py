"""A model folder: what training writes and pre-labelling reads.

workbench.json    the manifest: schema, how the model reads, calibration, hashes of the files
model.onnx        the network for any machine, without torch
tokenizer.json    the tokenizer
README.md         the model card
settings.json     how it was trained
checkpoint/       the weights for further training (safetensors, Hugging Face form)
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ModelError, SchemaError
from workbench.core.files import write_text
from workbench.core.schema import Schema, schema_from_table, schema_table
from workbench.tag.tagger import Forward, Reading, Tagger

FORMAT = 1
MANIFEST = "workbench.json"


@dataclass(frozen=True)
class Manifest:
    """What a model folder says of itself. `files` maps a file name to the SHA-256 of its content; `made_from` is a
    hash of everything that training started from."""

    name: str
    schema: Schema
    reading: Reading
    temperature: float
    encoder: str
    files: dict[str, str]
    scores: dict[str, Any]
    made_from: str = ""

    @property
    def version(self) -> str:
        """The `model_version` of its predictions: its name and a hash over weights, schema, reading and calibration."""
        parts = [self.schema.hash, sorted(self.files.items()), asdict(self.reading), self.temperature]
        return f"{self.name}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest; done last, it is what makes a folder a model."""
    table = {
        "format": FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "schema": schema_table(manifest.schema),
        "reading": asdict(manifest.reading),
        "temperature": manifest.temperature,
        "encoder": manifest.encoder,
        "files": manifest.files,
        "scores": manifest.scores,
        "made_from": manifest.made_from,
    }
    write_text(folder / MANIFEST, json.dumps(table, indent=2, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder. Raises ModelError where there is none or it is of another form."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ModelError(f"{folder} is no model folder; train one with `workbench train --train FILE -o {folder}`")
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if table["format"] != FORMAT:
            raise ModelError(
                f"{folder} has the model format {table['format']}; this version reads {FORMAT}: train it again"
            )
        return Manifest(
            name=table["name"],
            schema=schema_from_table(table["schema"]),
            reading=Reading(**table["reading"]),
            temperature=float(table["temperature"]),
            encoder=str(table["encoder"]),
            files=dict(table["files"]),
            scores=dict(table.get("scores", {})),
            made_from=str(table.get("made_from", "")),
        )
    except FileNotFoundError:
        raise ModelError(
            f"{folder} holds no {MANIFEST}; it is no model, or its training was stopped before the end"
        ) from None
    except (ValueError, KeyError, TypeError, SchemaError) as error:
        raise ModelError(f"{path} is damaged ({error}); copy the model again or train it again") from None


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hex. Raises ModelError where the file is missing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); copy the model again or train it again") from None


@dataclass(frozen=True)
class Model:
    """A model ready to label: what it says of itself, and its tagger."""

    manifest: Manifest
    tagger: Tagger

    @property
    def schema(self) -> Schema:
        """The labels it was trained on."""
        return self.manifest.schema

    @property
    def version(self) -> str:
        """See Manifest.version."""
        return self.manifest.version


def load_model(folder: str | Path, *, threads: int | None = None) -> Model:
    """Loads an exported model, verified by its hashes. Raises ModelError with the remedy where it cannot be used."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        if file_hash(folder / name) != expected:
            raise ModelError(
                f"{folder / name} is not the file that training wrote (its hash differs: truncated or changed); "
                "copy the model again or train it again"
            )
    tagger = Tagger(
        onnx_forward(folder / "model.onnx", threads=threads),
        tokenizer=load_tokenizer_file(folder / "tokenizer.json"),
        labels=manifest.schema.names,
        reading=manifest.reading,
        temperature=manifest.temperature,
    )
    return Model(manifest, tagger)


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


def onnx_forward(path: Path, *, threads: int | None = None) -> Forward:
    """The network of an ONNX file on this machine's processor, as the tagger calls it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that spin while they wait starve on a busy machine: one bulletin took 130 to 180 ms, without 50 to 60.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime has its own family of exceptions, rooted at Exception
        raise ModelError(f"{path} does not load ({str(error).splitlines()[0][:200]}); export it again") from None

    def forward(ids: Any, mask: Any) -> Any:
        return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]

    return forward
