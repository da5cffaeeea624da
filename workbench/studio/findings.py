"""What a look at something found, and what to do about it."""

from dataclasses import dataclass

from workbench.core.errors import WorkbenchError

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its state (ok, warning or error), what was found, and what to do about it."""

    what: str
    state: str
    found: str
    remedy: str = ""


def halves(error: WorkbenchError) -> tuple[str, str]:
    """What was found, and the remedy: a message of the workbench has them on either side of its last semicolon."""
    found, _, remedy = str(error).rpartition("; ")
    return (found, remedy) if found else (remedy, "")
