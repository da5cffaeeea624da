"""Asking the backend that runs in a workspace."""

from typing import Any

from workbench.core.errors import StudioError
from workbench.core.workspace import Workspace
from workbench.serve.credentials import find_credentials
from workbench.serve.home import Home, require_running


def ask_status(workspace: Workspace, *, url: str | None = None) -> tuple[str, dict[str, Any]]:
    """Where the backend is, and its /status. Raises StudioError where it is not, or does not take the credentials."""
    import httpx

    home = Home.of(workspace)
    where = (url or require_running(home).url).rstrip("/")
    credentials = find_credentials(home.credentials)
    if credentials is None:
        raise StudioError(
            f"the password of the backend at {where} is not known in this workspace; ask from the one that it runs in, "
            "or set WORKBENCH_SERVE_USER and WORKBENCH_SERVE_PASSWORD"
        )
    header = {"Authorization": credentials.header}
    try:
        found = httpx.get(f"{where}/status", headers=header, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise StudioError(f"no backend answers at {where} ({reason}); start it with `workbench serve`") from None
    if found.status_code == 401:
        raise StudioError(
            f"the backend at {where} does not accept the credentials in force here; use those that it was started with"
        )
    try:
        table = found.raise_for_status().json()
        assert isinstance(table["training"], dict)  # noqa: S101 - whatever else it is, is caught below
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AssertionError):
        raise StudioError(f"what answers at {where} is no backend of the workbench; check the address") from None
    return where, table
