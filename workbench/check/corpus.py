"""The whole check of one or more files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.check.consistency import check_consistency, check_labels
from workbench.check.finding import KINDS, Finding
from workbench.check.repeats import check_repeats
from workbench.check.rows import Placed, read_tolerantly
from workbench.check.spans import check_entry
from workbench.core.progress import Progress, silent
from workbench.core.schema import Schema


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer: all findings in order of KINDS, files and places, and what was looked at."""

    findings: tuple[Finding, ...]
    files: int
    rows: tuple[Placed, ...] = field(repr=False)

    @property
    def documents(self) -> int:
        """How many rows hold a bulletin."""
        return len(self.rows)

    @property
    def labelled(self) -> int:
        """How many bulletins carry an annotation, be it an empty one."""
        return sum(row.entry.annotation is not None for row in self.rows)

    @property
    def spans(self) -> int:
        """How many spans they have."""
        return sum(len(row.entry.spans) for row in self.rows)

    def of(self, severity: str) -> int:
        """How many findings there are of that severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def groups(self) -> dict[str, list[Finding]]:
        """Findings by kind, in order; only kinds that were found."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.kind, []).append(finding)
        return found

    def also(self, findings: Iterable[Finding]) -> "Checked":
        """The same with more findings; those of a kind stay in the order in which they came."""
        return replace(self, findings=_in_order((*self.findings, *findings)))


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
    return Checked(_in_order(findings), len(files), tuple(rows))


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    order = {kind: place for place, kind in enumerate(KINDS)}
    return tuple(sorted(findings, key=lambda finding: order[finding.kind]))
