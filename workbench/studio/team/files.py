"""Writes the compose file of a team's Label Studio and the file of its secrets."""

import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.studio.accounts import PRIVATE_FILE

COMPOSE, ENVIRONMENT = "compose.yaml", ".env"


@dataclass(frozen=True)
class Written:
    """Which files were written; `secrets_kept` where the secrets were there and stayed."""

    compose: Path
    environment: Path
    secrets_kept: bool


def compose_text() -> str:
    """The compose file."""
    return files("workbench.studio.team").joinpath(COMPOSE).read_text(encoding="utf-8")


def write_team(folder: Path, *, user: str = "admin@localhost") -> Written:
    """Writes both files; secrets that are there are kept, since the database was made with them.

    Raises InputError for a compose file that somebody changed.
    """
    compose, environment = folder / COMPOSE, folder / ENVIRONMENT
    if compose.exists() and compose.read_text(encoding="utf-8") != compose_text():
        raise InputError(f"{compose} is there and is another one; move it away, or name another folder with -o")
    write_text(compose, compose_text())
    kept = environment.exists()
    if not kept:
        write_text(environment, _secrets(user), mode=PRIVATE_FILE)
    return Written(compose, environment, kept)


def _secrets(user: str) -> str:
    return (
        "# Secrets of compose.yaml. Keep this file to yourself (mode 0600), and back it up somewhere else.\n"
        f"LABEL_STUDIO_USERNAME={user}\n"
        f"LABEL_STUDIO_PASSWORD={secrets.token_urlsafe(18)}\n"
        f"LABEL_STUDIO_SECRET_KEY={secrets.token_urlsafe(36)}\n"
        f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}\n"
        "WORKBENCH_SERVE_USER=workbench\n"
        f"WORKBENCH_SERVE_PASSWORD={secrets.token_urlsafe(24)}\n"
        "# The personal access token of that user (page Account & Settings), once Label Studio runs:\n"
        "LABEL_STUDIO_API_KEY=\n"
        "# Under which address people reach it, such as https://label.example.org:\n"
        "LABEL_STUDIO_HOST=\n"
    )
