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
    "WorkbenchError": "workbench.core.errors",
    "load_schema": "workbench.core.schema",
    "read_corpus": "workbench.core.corpus",
    "write_corpus": "workbench.core.corpus",
}

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
