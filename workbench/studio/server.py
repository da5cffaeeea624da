"""The embedded Label Studio: a real server on SQLite, for this machine only, started and stopped by the workbench."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from workbench.core.errors import MissingExtraError, StudioError
from workbench.core.files import write_text
from workbench.core.parse import json_value
from workbench.core.progress import Progress, silent
from workbench.core.workspace import Workspace
from workbench.studio.accounts import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    Account,
    keep_account,
    new_account,
    read_accounts,
    with_token,
)
from workbench.studio.process import LOOPBACK, alive, end_group, free_port, last_lines, one_at_a_time, posix_only

FIRST_PORT = 8080
# Seconds. The first start builds the database: 45 to 70 s on two idle cores, more than 300 where others kept
# them busy. A server that has ended is noticed at once.
BOOT_LIMIT = 900.0
ADMINISTRATOR = "workbench@localhost"

# Variables of the user's that would bend the embedded server: other databases, addresses, storages.
_FOREIGN = ("LABEL_STUDIO_", "HEARTEX_", "DJANGO_", "POSTGRE_", "MYSQL_", "REDIS_", "SENTRY_", "DATABASE_")


@dataclass(frozen=True)
class Home:
    """Where the embedded server of a workspace keeps what is its own."""

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "Home":
        """The home in a workspace's state."""
        return cls(workspace.state / "studio")

    @property
    def data(self) -> Path:
        """Database and uploads."""
        return self.folder / "data"

    @property
    def mark(self) -> str:
        """What only this workspace's server has in its command line."""
        return f"--data-dir {self.data} "

    @property
    def accounts(self) -> Path:
        """Users, passwords and tokens, mode 0600."""
        return self.folder / "accounts.json"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.folder / "label-studio.log"

    @property
    def record(self) -> Path:
        """Pid and port of the server that was started last."""
        return self.folder / "server.json"


@dataclass(frozen=True)
class Server:
    """A server that runs: its process, address and administrator."""

    pid: int
    url: str
    administrator: Account


def start(
    workspace: Workspace,
    *,
    port: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
    progress: Progress = silent,
    lower_priority: bool = False,
) -> Server:
    """The workspace's server, started where it does not run; returns when it answers and its token works.

    Two starts at once give one server. `tell` gets a line for what takes long. Raises StudioError with the end of
    the log where it does not come up, MissingExtraError where Label Studio is not installed.
    """
    posix_only("the embedded Label Studio")
    home = Home.of(workspace)
    home.folder.mkdir(parents=True, exist_ok=True)
    home.folder.chmod(PRIVATE_FOLDER)
    with one_at_a_time(home.folder / "lock", waiting=lambda: tell("another start is under way, waiting for it")):
        running = find(workspace)
        if running is not None and _healthy(running.url):
            return _ready(home, running)
        if running is not None:
            tell(f"the server of process {running.pid} does not answer, starting it anew")
            end_group(running.pid)
        if find_spec("label_studio") is None:
            raise MissingExtraError("label-studio", "server")
        account = _administrator(home)
        chosen = free_port(port or FIRST_PORT)
        first = not (home.data / "label_studio.sqlite3").exists()
        tell(
            f"starting Label Studio on port {chosen}"
            + (": the first start builds its database, about a minute" if first else "")
        )
        server = _launch(home, account, chosen, lower_priority=lower_priority)
        for _ in progress(_until_up(server, home), what="starting Label Studio"):
            pass
        return _ready(home, server)


def stop(workspace: Workspace) -> bool:
    """Ends the workspace's server with all its processes; false where none runs."""
    home = Home.of(workspace)
    running = find(workspace)
    if running is not None:
        end_group(running.pid)
    home.record.unlink(missing_ok=True)
    return running is not None


def find(workspace: Workspace) -> Server | None:
    """The workspace's server where its process runs, or None: also where the pid went to another program since."""
    home = Home.of(workspace)
    try:
        record = json_value(home.record.read_text(encoding="utf-8"))
        pid, port = int(record["pid"]), int(record["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    accounts = list(read_accounts(home.accounts).values())
    if not accounts or not alive(pid, mark=home.mark):
        return None
    return Server(pid, f"http://{LOOPBACK}:{port}", accounts[0])


def environment(home: Home, account: Account) -> dict[str, str]:
    """What the server is told: closed to the world, silent towards it, free to call a backend on this machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return own | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(home.data),
        "LABEL_STUDIO_USERNAME": account.email,
        "LABEL_STUDIO_PASSWORD": account.password,
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "DJANGO_DB": "sqlite",
        # Nothing is sent out: no usage statistics, no error reports, no question for newer versions.
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        # Both are needed before the server accepts an ML backend on this machine (from 1.23.1 on).
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        # Else each import of predictions counts those of all tasks of the project anew: in a project of 50,000 tasks
        # 100 requests would count 5,000,000. A flag of Label Studio's own, off by default in 1.23.2.
        "fflag_fix_back_4620_memory_efficient_predictions_import_08012025_short": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _launch(home: Home, account: Account, port: int, *, lower_priority: bool) -> Server:
    home.data.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("label-studio")), "start"]
    command += ["--data-dir", str(home.data), "--no-browser", "--port", str(port), "--internal-host", LOOPBACK]
    if home.log.exists():
        home.log.replace(home.log.with_suffix(".log.1"))
    with open(os.open(home.log, os.O_WRONLY | os.O_CREAT, PRIVATE_FILE), "wb") as log:
        process = subprocess.Popen(
            ["nice", *command] if lower_priority else command,
            cwd=home.folder,  # the server reads the git history of the folder that it starts in
            env=environment(home, account),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it outlives this command, and is ended as a group
            umask=0o077,
        )
    write_text(home.record, json.dumps({"pid": process.pid, "port": port}), mode=PRIVATE_FILE)
    # The process is left to itself on purpose; without this, Python would warn that nobody waited for it.
    process.returncode = 0
    return Server(process.pid, f"http://{LOOPBACK}:{port}", account)


def _until_up(server: Server, home: Home) -> Iterator[float]:
    """Yields the seconds waited until the server answers. Raises StudioError where it ends or takes too long."""
    began = time.monotonic()
    while not _healthy(server.url):
        waited = time.monotonic() - began
        if not alive(server.pid, mark=home.mark):
            home.record.unlink(missing_ok=True)
            raise StudioError(f"Label Studio ended while it was starting; its log ({home.log}) ends:\n{_end(home)}")
        if waited > BOOT_LIMIT:
            end_group(server.pid)
            home.record.unlink(missing_ok=True)
            raise StudioError(
                f"Label Studio did not answer within {BOOT_LIMIT:.0f} s; its log ({home.log}) ends:\n{_end(home)}"
            )
        yield waited
        time.sleep(0.5)


def _ready(home: Home, server: Server) -> Server:
    account = with_token(server.url, server.administrator)
    if account != server.administrator:
        keep_account(home.accounts, account)
    return Server(server.pid, server.url, account)


def _administrator(home: Home) -> Account:
    accounts = list(read_accounts(home.accounts).values())
    if accounts:
        return accounts[0]
    # A database whose passwords were lost keeps its users: the new one needs a name that it does not know.
    known = (home.data / "label_studio.sqlite3").exists()
    name = f"workbench-{secrets.token_hex(3)}@localhost" if known else ADMINISTRATOR
    account = new_account(name)
    keep_account(home.accounts, account)
    return account


def _healthy(url: str) -> bool:
    import httpx

    try:
        answer = httpx.get(f"{url}/health", timeout=5, trust_env=False).json()
        return bool(answer.get("status") == "UP")
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


def _end(home: Home) -> str:
    return last_lines(home.log) or "(nothing)"
