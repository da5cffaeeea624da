"""Who may ask the backend: one user and password, from the environment or a file for its owner only."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.studio.accounts import PRIVATE_FILE

USER, PASSWORD = "WORKBENCH_SERVE_USER", "WORKBENCH_SERVE_PASSWORD"


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password of Basic authentication (RFC 7617). Raises InputError for what its header cannot carry."""

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user:
            raise InputError(f"the backend's user is {self.user!r}; expected a name without a colon")
        if not self.password:
            raise InputError(f"the backend's password is empty; set {PASSWORD}")

    @property
    def header(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")

    def admit(self, header: str | None) -> bool:
        """Whether that header carries them; takes the same time however much of it is right."""
        scheme, _, value = (header or "").partition(" ")
        try:
            given = base64.b64decode(value.strip(), validate=True) if scheme.lower() == "basic" else b""
        except ValueError:  # not base64, or not even ASCII
            given = b""
        wanted = f"{self.user}:{self.password}".encode()
        return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())


def find_credentials(path: Path, environment: Mapping[str, str] | None = None) -> Credentials | None:
    """Those of the environment, else those of the file, else None.

    Raises InputError where only one of the two variables is set, or the file is damaged or open to others.
    """
    source = os.environ if environment is None else environment
    user, password = source.get(USER, ""), source.get(PASSWORD, "")
    if bool(user) != bool(password):
        there, lacking = (USER, PASSWORD) if user else (PASSWORD, USER)
        raise InputError(f"{there} is set, but {lacking} is not; set both, or neither for the kept ones")
    return Credentials(user, password) if user else _read(path)


def make_credentials(path: Path) -> Credentials:
    """The credentials in force, made at random and kept where there are none."""
    found = find_credentials(path)
    if found is None:
        found = Credentials("workbench", secrets.token_urlsafe(24))
        write_text(path, json.dumps({"user": found.user, "password": found.password}) + "\n", mode=PRIVATE_FILE)
    return found


def _read(path: Path) -> Credentials | None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InputError(f"{path} is open to others (mode {mode:o}); chmod 600 {path}")
        row = json_value(path.read_text(encoding="utf-8"))
        return Credentials(str(row["user"]), str(row["password"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is damaged ({type(error).__name__}); remove it and run `workbench serve` again: new ones are "
            "made, and `workbench studio connect` tells them to Label Studio"
        ) from None
