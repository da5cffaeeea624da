"""The whole check of one or more files."""

from collections.abc import Sequence
from pathlib import Path

from workbench.check.consistency import check_consistency, check_labels
from workbench.check.finding import KINDS, Checked, Finding
from workbench.check.repeats import check_repeats
from workbench.check.rows import Placed, read_tolerantly
from workbench.check.spans import check_entry
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema


def check_corpus(
    paths: Sequence[str | Path],
    *,
    schema: Schema,
    split: str | None = None,
    near: float = 0.8,
    progress: Progress = silent,
) -> Checked:
    """All that is wrong or suspicious in the files, each by itself and held against each other.

    `near` is the similarity from which two texts are nearly the same; 0 looks for equal texts only.
    Raises InputError where a path is not there or a folder has nothing to read; what is in the files never raises.
    """
    files, items = read_tolerantly(paths, split=split)
    rows: list[Placed] = []
    findings: list[Finding] = []
    for item in progress(items, what="checking bulletins"):
        if isinstance(item, Finding):
            findings.append(item)
        else:
            rows.append(item)
            findings.extend(check_entry(item, schema))
    findings.extend(check_repeats(rows, near=near, progress=progress))
    findings.extend(check_labels(rows, schema))
    findings.extend(check_consistency(rows, schema))
    order = {kind: place for place, kind in enumerate(KINDS)}
    return Checked(
        findings=tuple(sorted(findings, key=lambda finding: order[finding.kind])),
        files=len(files),
        documents=len(rows),
        labelled=sum(row.entry.annotation is not None for row in rows),
        spans=sum(len(row.entry.spans) for row in rows),
    )
