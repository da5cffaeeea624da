"""What the tests on a real Label Studio share."""

from dataclasses import dataclass

from workbench.core.workspace import Workspace
from workbench.studio.server import Server


@dataclass(frozen=True)
class RunningStudio:
    """A real Label Studio in a workspace of the tests' own."""

    workspace: Workspace
    server: Server
