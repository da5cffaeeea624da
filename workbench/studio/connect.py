"""Which Label Studio the commands talk to: the one of the environment, else the workspace's embedded one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.deeds import Deed
from workbench.core.errors import StudioError
from workbench.core.workspace import Workspace
from workbench.studio.accounts import keep_account, new_account, read_accounts, sign_up, with_token
from workbench.studio.client import Studio
from workbench.studio.process import one_at_a_time
from workbench.studio.remembering import RememberingStudio
from workbench.studio.server import Home, Server, find

URL, KEY = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"


def given(environment: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """Address and token of the environment, or None where neither is set. Raises StudioError where one lacks."""
    source = os.environ if environment is None else environment
    url, key = source.get(URL, "").strip(), source.get(KEY, "").strip()
    if bool(url) != bool(key):
        there, lacking = (URL, KEY) if url else (KEY, URL)
        raise StudioError(f"{there} is set, but {lacking} is not; set both, or neither for the embedded server")
    return (url, key) if url else None


def connect(workspace: Workspace, *, timeout: float = 120.0) -> Studio:
    """The client of the server in force; it asks nothing of it yet. Raises StudioError where there is none."""
    return Studio(*_address(workspace), timeout=timeout)


def connect_remembering(workspace: Workspace, command: str) -> RememberingStudio:
    """The same, for a command that replaces things: what it replaces is kept for `workbench undo`."""
    return RememberingStudio(*_address(workspace), deed=Deed(workspace.undo, command))


def _address(workspace: Workspace) -> tuple[str, str]:
    """Address and token of the server in force."""
    if address := given():
        return address
    server = find(workspace)
    if server is None or not server.administrator.token:
        raise StudioError(
            f"no Label Studio runs in the workspace {workspace.root}; start it with `workbench studio start`, "
            f"or name another server with {URL} and {KEY}"
        )
    return server.url, server.administrator.token


def annotator(workspace: Workspace, server: Server, name: str) -> Studio:
    """The client of one more user of the embedded server, made where there is none; what it submits is that user's.

    `name` is an email, or a bare name that becomes NAME@localhost. Password and token are kept with the others.
    """
    home, email = Home.of(workspace), name if "@" in name else f"{name}@localhost"
    with one_at_a_time(home.folder / "lock", waiting=lambda: None):
        account = read_accounts(home.accounts).get(email) or new_account(email)
        if account.token is None:
            # Kept first: a user whose password nobody knows could not be made again.
            keep_account(home.accounts, account)
            sign_up(server.url, account, by=server.administrator)
        account = with_token(server.url, account)
        keep_account(home.accounts, account)
    return Studio(server.url, str(account.token))


@dataclass(frozen=True)
class Status:
    """Where the server in force is and what it holds; of a server elsewhere, pid, log and accounts are None."""

    running: bool
    embedded: bool
    url: str | None = None
    user: str | None = None
    version: str | None = None
    projects: int | None = None
    pid: int | None = None
    accounts: Path | None = None
    log: Path | None = None


def status(workspace: Workspace) -> Status:
    """The state of the server in force. Raises StudioError where one is named that does not answer."""
    home, server = Home.of(workspace), None
    if not given():
        server = find(workspace)
        if server is None:
            return Status(running=False, embedded=True)
    with connect(workspace, timeout=20) as studio:
        return Status(
            running=True,
            embedded=server is not None,
            url=studio.url,
            user=studio.whoami(),
            version=studio.version(),
            projects=len(studio.projects()),
            pid=server.pid if server else None,
            accounts=home.accounts if server else None,
            log=home.log if server else None,
        )
