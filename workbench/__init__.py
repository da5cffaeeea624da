"""Annotation and extraction workbench for news bulletins: label, train, pre-label, score, record.

Importing this package does nothing but name things: each public name is loaded on first use.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The documented public names and the module each one lives in.
_PUBLIC = {
    "Annotation": "workbench.core.corpus",
    "Document": "workbench.core.corpus",
    "Entry": "workbench.core.corpus",
    "Relation": "workbench.core.span",
    "Schema": "workbench.core.schema",
    "Span": "workbench.core.span",
    "TrainingSettings": "workbench.train.settings",
    "Workspace": "workbench.core.workspace",
    "WorkbenchError": "workbench.core.errors",
    "agree": "workbench.score.agreement",
    "bootstrap": "workbench.score.resample",
    "check_corpus": "workbench.check.corpus",
    "connect": "workbench.studio.connect",
    "evaluate_entries": "workbench.score.evaluation",
    "find_model": "workbench.tag.find",
    "find_workspace": "workbench.core.workspace",
    "history_of": "workbench.score.record",
    "import_entries": "workbench.studio.importing",
    "label_entries": "workbench.tag.prelabel",
    "load_corpus": "workbench.core.corpus",
    "load_model": "workbench.tag.model",
    "load_schema": "workbench.core.schema",
    "load_tools": "workbench.record.run",
    "normal_form": "workbench.figure.grammar",
    "packaged": "workbench.core.workspace",
    "pull": "workbench.studio.pulling",
    "push": "workbench.studio.pushing",
    "read_corpus": "workbench.core.corpus",
    "read_paths": "workbench.read.paths",
    "record_run": "workbench.score.record",
    "records_of": "workbench.record.run",
    "train_model": "workbench.train.run",
    "write_corpus": "workbench.core.corpus",
    "write_records": "workbench.record.write",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
