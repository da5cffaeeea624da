"""Bulletins in: files of every usual form to documents, each id once, repeated and nearly repeated ones named."""

from workbench.read.paths import read_paths
from workbench.read.report import ReadReport

__all__ = ["ReadReport", "read_paths"]
