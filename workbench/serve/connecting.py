"""Tying a project to this workspace's backend, and untying it."""

from workbench.core.workspace import Workspace
from workbench.serve.ask import ask_status
from workbench.serve.credentials import make_credentials
from workbench.serve.home import Home
from workbench.serve.wires import Wire, address_of, drop_wire, keep_wire, read_wires
from workbench.studio.client import Studio
from workbench.studio.wiring import Wired, unwire, wire


def tie(studio: Studio, workspace: Workspace, title: str, *, url: str | None = None) -> tuple[str, str, Wired]:
    """Ties the project of that title to the backend at `url`, else to the one that runs here.

    Returns where the backend is, the model_version that answers, and what was tied. Raises StudioError.
    """
    home = Home.of(workspace)
    home.make()
    where, found = ask_status(workspace, url=url)
    version = str(found["model_version"])
    done = wire(studio, title, address_of(where, make_credentials(home.credentials)), version=version)
    keep_wire(home.wires, Wire(studio.url, done.project.id, done.backend, where))
    return where, version, done


def untie(studio: Studio, workspace: Workspace, title: str, *, url: str | None = None) -> bool:
    """Takes the backend and its webhook away from the project; false where it had neither. Raises StudioError."""
    home, project = Home.of(workspace), studio.project(title)
    kept = [each for each in read_wires(home.wires) if (each.studio, each.project) == (studio.url, project.id)]
    addresses = {each.url for each in kept} | ({url.rstrip("/")} if url else set())
    credentials = make_credentials(home.credentials)
    gone = [unwire(studio, title, address_of(address, credentials)) for address in sorted(addresses)]
    drop_wire(home.wires, studio.url, project.id)
    return any(gone)
