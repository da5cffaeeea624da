"""What a run learns from and what it is measured on: checked, parted, and known by a fingerprint."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core.corpus import Entry, dump_row
from workbench.core.errors import CorpusError
from workbench.core.schema import Schema
from workbench.core.span import overlapping_pairs
from workbench.core.workspace import packaged
from workbench.tag.model import MANIFEST, read_manifest
from workbench.train.settings import TrainingSettings
from workbench.train.silver import NO_SILVER, Silver, read_silver
from workbench.train.split import frozen_split

# Who follows a run, and what its model is run in later, changes nothing in its weights.
_MEANINGLESS = ("faster", "report_to")


@dataclass(frozen=True)
class Material:
    """Gold to learn from, gold to measure on, and silver to learn from beside it. `held_out` is true where dev is a
    part of the gold that was given to learn from."""

    train: tuple[Entry, ...]
    dev: tuple[Entry, ...]
    silver: Silver = NO_SILVER
    held_out: bool = True

    def fingerprint(self, schema: Schema, settings: TrainingSettings) -> str:
        """A hash of everything that the result of a run hangs on."""
        beginning = beginning_of(settings)
        start = read_manifest(beginning).version if beginning else None
        meaning = {name: value for name, value in asdict(settings).items() if name not in _MEANINGLESS}
        digest = hashlib.sha256(json.dumps([schema.hash, meaning, start]).encode())
        for entry in (*self.train, *self.dev):
            digest.update(dump_row(entry).encode("utf-8", "surrogatepass"))
        for entry, unknown in zip(self.silver.entries, self.silver.unknown, strict=True):
            digest.update(f"silver {unknown} {dump_row(entry)}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def gather(
    entries: Sequence[Entry],
    *,
    dev: Sequence[Entry] | None = None,
    silver: Sequence[Entry] = (),
    schema: Schema,
    settings: TrainingSettings,
) -> Material:
    """Without `dev`, a frozen part of the entries is held out. Silver rows that are gold or dev as well are left out.

    Raises CorpusError for gold whose spans overlap, too few documents or silver of which nothing is left, and
    SchemaError for a label outside the schema.
    """
    for part in (entries, dev or ()):
        check_gold(part, schema)
    if dev:
        parts: tuple[Sequence[Entry], Sequence[Entry]] = entries, dev
    else:
        parts = frozen_split(entries, share=settings.dev_share, salt="dev")
    taken = (
        read_silver(silver, gold=[*entries, *(dev or ())], schema=schema, floor=settings.silver_floor)
        if silver
        else NO_SILVER
    )
    return Material(tuple(parts[0]), tuple(parts[1]), taken, held_out=not dev)


def check_gold(entries: Sequence[Entry], schema: Schema) -> None:
    """Raises SchemaError for a label outside the schema, CorpusError for spans that overlap."""
    for entry in entries:
        schema.check(entry.spans, where=f"bulletin {entry.document.id}")
        for left, right in overlapping_pairs(entry.spans):
            raise CorpusError(
                f"bulletin {entry.document.id}: the spans {left.start}-{left.end} {left.label} and "
                f"{right.start}-{right.end} {right.label} overlap, but training needs a flat layer; "
                "`workbench check FILE` lists all of them: remove one of each pair"
            )


def beginning_of(settings: TrainingSettings) -> Path | None:
    """The model folder whose weights a run starts from, if any: by itself a starter on the same encoder.

    One comes with the clone; others, models/starter-NAME, are made by `make starter ENCODER=NAME`.
    """
    if settings.start == "none":
        return None
    if settings.start != "auto":
        return Path(settings.start)
    starters = sorted(path.parent for path in packaged("models/starter").parent.glob(f"starter*/{MANIFEST}"))
    return next((folder for folder in starters if read_manifest(folder).encoder == settings.encoder), None)
