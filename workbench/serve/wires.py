"""Which projects are tied to this workspace's backend, so that a new model can be announced to them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core.errors import InputError, StudioError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.serve.credentials import Credentials
from workbench.studio.accounts import PRIVATE_FILE
from workbench.studio.client import Studio
from workbench.studio.wiring import Address, retitle


@dataclass(frozen=True, slots=True)
class Wire:
    """A project of a server, the number of its backend there, and the address that the backend has for it."""

    studio: str
    project: int
    backend: int
    url: str


def read_wires(path: Path) -> list[Wire]:
    """All that were kept; none where there is no file. Raises InputError where it is damaged."""
    try:
        return [Wire(**row) for row in json_value(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} is damaged ({type(error).__name__}); remove it and run `workbench studio connect` for each project"
        ) from None


def keep_wire(path: Path, wire: Wire) -> None:
    """Keeps it in the place of an older one of the same project."""
    _write(path, [*_without(path, wire.studio, wire.project), wire])


def drop_wire(path: Path, studio: str, project: int) -> None:
    """Forgets the project, if it is known."""
    if path.exists():
        _write(path, _without(path, studio, project))


def announce(studio: Studio, path: Path, credentials: Credentials, *, version: str) -> Iterator[tuple[int, str]]:
    """Lets every tied project on that server show this version.

    Yields the number of each and what went wrong with it, or nothing. A project that is gone is forgotten.
    """
    for wire in [each for each in read_wires(path) if each.studio == studio.url]:
        try:
            project = studio.project_by_id(wire.project)
            retitle(studio, project, wire.backend, address_of(wire.url, credentials), version=version)
        except StudioError as error:
            if getattr(error, "status", None) == 404:
                drop_wire(path, wire.studio, wire.project)
            yield wire.project, str(error)
        else:
            yield wire.project, ""


def address_of(url: str, credentials: Credentials) -> Address:
    """A backend's address with what it asks for."""
    return Address(url, credentials.user, credentials.password, credentials.header)


def _without(path: Path, studio: str, project: int) -> list[Wire]:
    return [each for each in read_wires(path) if (each.studio, each.project) != (studio, project)]


def _write(path: Path, wires: list[Wire]) -> None:
    write_text(path, json.dumps([asdict(each) for each in wires], indent=2) + "\n", mode=PRIVATE_FILE)
