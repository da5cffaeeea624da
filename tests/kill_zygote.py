"""Starts commands that are to be killed by forking: what takes longest, importing the libraries, is done only once.

    python -m tests.kill_zygote MODULE...

Each line on stdin is an order (see Order) as JSON; the answers are two lines, the number of the process and how it
ended. The process is one of its own, in a session of its own, and can be killed like any other.
"""

import importlib
import json
import os
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Self

from tests.kill_command import run_command

_SDK = ("httpx", "label_studio_sdk.base_client", "workbench.studio.connect", "workbench.studio.importing")
# What a command imports on its way; one that is missing here is only imported later.
_MODULES = {
    "import": (*_SDK, "workbench.cli.import_", "workbench.read.paths"),
    "pull": (*_SDK, "workbench.cli.pull", "workbench.studio.pulling"),
    "push": (*_SDK, "workbench.cli.push", "workbench.studio.pushing"),
    "migrate": (*_SDK, "workbench.cli.migrate", "workbench.keep.migrate"),
    "prelabel": ("workbench.cli.prelabel", "workbench.tag.prelabel", "workbench.tag.engines", "workbench.read.paths"),
    "assist": ("workbench.cli.assist", "workbench.assist.run", "workbench.assist.client", "httpx", "rapidfuzz"),
    "records": ("workbench.cli.records", "workbench.record.run", "workbench.record.write", "pyarrow.parquet"),
    "train": ("workbench.cli.train", "workbench.train.run", "torch", "datasets", "transformers.trainer", "onnx"),
}


@dataclass(frozen=True)
class Order:
    """A command with where it runs, what is set, where its words go, and when it ends itself (see kill_command)."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    said: str
    counter: str
    at: int
    delay: float
    group: int


class Zygote:
    """The process that forks; every order is one run."""

    def __init__(self, job: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_zygote", *_MODULES[job]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
        self._answers: Queue[int] = Queue()
        Thread(target=self._listen, daemon=True).start()

    def begin(self, order: Order) -> int:
        """Starts a run; returns the number of its process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return self._answers.get()

    def ended(self, *, within: float) -> int | None:
        """How the run ended (-9: killed), or None where it has not ended so soon."""
        try:
            return self._answers.get(timeout=within)
        except Empty:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(int(line))


def main() -> None:
    """Imports, and then forks for every order."""
    for name in sys.argv[1:]:
        importlib.import_module(name)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        number = os.fork()
        if number == 0:
            _become(order)
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(order: Order) -> None:
    """Runs the command in this process, which ends with it."""
    os.setsid()
    os.chdir(order.folder)
    os.environ.update(order.environment)
    said = os.open(order.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(descriptor, target)
    status = 1
    try:
        run_command(order.command, counter=Path(order.counter), at=order.at, delay=order.delay, group=order.group)
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - told as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
