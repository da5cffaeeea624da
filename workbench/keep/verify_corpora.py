"""Corpora row by row, records claim by claim against the texts, and runs of pre-labelling that were stopped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.corpus import Entry, entry_from_row, row_from_line
from workbench.core.errors import InputError
from workbench.core.files import is_half, open_text
from workbench.core.parse import json_value
from workbench.core.progress import Progress, silent
from workbench.core.workspace import Workspace
from workbench.keep.verify import Verified
from workbench.tag.partfile import damage

CORPUS, RECORDS = "corpus", "records"
_SHOWN = 20  # flaws told of one file; a file of another form would give one for each line


@dataclass(frozen=True, slots=True)
class Claim:
    """Characters that a record names: of which text, where, what they are, and the file and line that say so."""

    text: str
    start: int
    end: int
    phrase: str
    where: str


def verify_corpora(
    files: Sequence[Path], workspace: Workspace, found: Verified, *, progress: Progress = silent
) -> None:
    """Adds what is wrong with the workspace's corpora, records and stopped runs."""
    claims: dict[str, list[Claim]] = {}
    corpora = []
    for path in files:
        if is_half(path):
            found.flaw(path, "a run was killed while it wrote this", "give its command again, or delete this file")
        elif path.name.startswith(".") and path.name.endswith(".part"):
            found.counts["stopped_runs"] += 1
            if wrong := damage(path):
                found.flaw(path, wrong, "delete it and its journal; the run then starts anew")
        elif not path.name.startswith("."):
            kind = kind_of(path)
            found.counts["other_files"] += kind is None
            if kind == CORPUS:
                corpora.append(path)
            elif kind == RECORDS:
                found.counts["records"] += 1
                for claim in _claims(path, found):
                    claims.setdefault(claim.text, []).append(claim)
    checked: set[str] = set()
    for path in progress([*corpora, *_kept(workspace)], what="reading corpora"):
        _verify_corpus(path, found if path in corpora else Verified(), claims, checked, found)
    found.counts["claims_without_bulletin"] += sum(len(each) for text, each in claims.items() if text not in checked)


def kind_of(path: Path) -> str | None:
    """What a file is by its first row: a corpus, records, or neither."""
    if not path.name.endswith((".jsonl", ".jsonl.gz")) or path.name.endswith(".rejects.jsonl"):
        return None
    try:
        with open_text(path) as lines:
            row = json_value(next((line for line in lines if line.strip()), "null"))
    except (InputError, ValueError, RecursionError):
        return CORPUS  # broken from the first line on: reading it as a corpus says how
    if isinstance(row, dict) and "event_id" in row:
        return RECORDS
    return CORPUS if isinstance(row, dict) and "text" in row else None


def _kept(workspace: Workspace) -> list[Path]:
    """Snapshots: claims may be about texts that only they still hold. What is wrong with them is told elsewhere."""
    return sorted(path for path in workspace.snapshots.folder.glob("*/*-*.jsonl") if path.is_file())


def _verify_corpus(
    path: Path, own: Verified, claims: dict[str, list[Claim]], checked: set[str], found: Verified
) -> None:
    """Every row and span; and the claims about its texts, each text once."""
    own.counts["corpora"] += 1
    seen: dict[str, int] = {}
    for number, entry in _rows(path, own):
        own.counts["bulletins"] += 1
        own.counts["spans"] += len(entry.spans)
        before = seen.setdefault(entry.document.id, number)
        if before != number:
            own.flaw(
                f"{path} line {number}", f"the id {entry.document.id!r} is that of line {before}", "give each its own"
            )
        text = entry.document.hash
        if text in claims and text not in checked:
            checked.add(text)
            _verify_claims(entry, claims[text], found)


def _rows(path: Path, found: Verified) -> Iterator[tuple[int, Entry]]:
    """The rows that can be read; a flaw for each other one."""
    told = len(found.flaws)
    try:
        with open_text(path) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, entry_from_row(row_from_line(line))
                except InputError as error:
                    if len(found.flaws) - told < _SHOWN:
                        found.flaw(
                            f"{path} line {number}", str(error), "mend the row, or restore a snapshot of the file"
                        )
    except InputError as error:
        found.flaw(path, str(error), "restore a snapshot or a backup of it")


def _verify_claims(entry: Entry, claims: list[Claim], found: Verified) -> None:
    for claim in claims:
        found.counts["claims"] += 1
        actual = entry.document.text[claim.start : claim.end]
        if actual != claim.phrase:
            found.flaw(
                claim.where,
                f"it names the characters {claim.start}-{claim.end} of {entry.document.id} as {claim.phrase[:40]!r}, "
                f"but they are {actual[:40]!r}",
                "make the records again from the corpus (`workbench records`)",
            )


def _claims(path: Path, found: Verified) -> Iterator[Claim]:
    """The claims and triggers of a file of records; a flaw for each row that cannot be read."""
    remedy = "make the records again from the corpus (`workbench records`)"
    try:
        with open_text(path) as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{path} line {number}"
                try:
                    yield from _claims_of(json_value(line), where)
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    found.flaw(where, f"this is no record ({type(error).__name__}: {error})", remedy)
    except InputError as error:
        found.flaw(path, str(error), remedy)


def _claims_of(row: Any, where: str) -> list[Claim]:
    claims = [
        Claim(str(each["document_hash"]), int(each["start"]), int(each["end"]), str(each["phrase"]), where)
        for each in row["claims"]
    ]
    for incident in row.get("incidents", []):
        claims += [
            Claim(str(incident["document_hash"]), int(each["start"]), int(each["end"]), str(each["text"]), where)
            for each in incident["triggers"]
        ]
    return claims
