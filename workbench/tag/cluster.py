"""Many workers: the shards of a folder labelled by actors of Ray, on this machine or a cluster.

The actors are Ray Data's, which starts a lost one again and hands it the shard anew; what the lost one had written of
it is kept (see shards). Only names of files and counts travel between the machines, so every one of them must see
the folders of bulletins, model and output under the same path.
"""

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from workbench.core.errors import InputError, MissingExtraError, ModelError, WorkbenchError
from workbench.core.parse import json_value
from workbench.core.progress import Progress, silent
from workbench.tag.model import Model, load_model
from workbench.tag.shards import Done, Job, Shard, label_shard

# Seconds until a cluster that does not answer is given up.
_CONNECT, _PROBED = 5, 40
_PROBE = "import sys, ray; ray.init(sys.argv[1], log_to_driver=False, logging_level='ERROR')"
_OBJECTS = 100_000_000  # bytes; nothing but names and counts lies in the shared memory


def label_shards(
    shards: Sequence[Shard],
    job: Job,
    *,
    workers: int,
    address: str | None = None,
    progress: Progress = silent,
) -> list[Done]:
    """Labels the shards on `workers` processes of one thread each; what became of them, in the order of their names.

    `address` is "auto" (the cluster that this machine is part of) or HOST:PORT of a cluster's head; None starts
    one on this machine for this run. Raises InputError where no cluster answers, ModelError where a worker cannot
    use the model, MissingExtraError without ray.
    """
    with _cluster(address, workers) as ray:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.wait_for_min_actors_s = 0  # a cluster that is busy or still growing is no failure
        items = [{"shard": json.dumps(asdict(shard))} for shard in shards]
        told = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            Worker,
            fn_constructor_args=(job,),
            batch_size=1,
            num_cpus=1,
            # A shard waits for a free worker, not behind a busy one.
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(items)), max_tasks_in_flight_per_actor=1),
        )
        done = [_done(row) for row in progress(told.iter_rows(), what="shards", total=len(items))]
    return sorted(done, key=lambda each: each.name)


class Worker:
    """An actor: holds the model and labels one shard after the other."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._model: Model | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A row {"shard": JSON of a Shard} to {"done": JSON of a Done}, or of {"model": why it cannot be used}."""
        return {"done": [self._answer(Shard(**json_value(str(text)))) for text in batch["shard"]]}

    def _answer(self, shard: Shard) -> str:
        if self._model is None:
            from workbench.core.memory import hand_back_freed

            hand_back_freed()
            try:
                self._model = load_model(
                    self._job.model, threads=1, engine=self._job.engine, precision=self._job.precision
                )
            except WorkbenchError as error:
                return json.dumps({"model": f"a worker on {socket.gethostname()} cannot use the model: {error}"})
        return json.dumps(asdict(label_shard(shard, self._job, self._model)))


def _done(row: dict[str, Any]) -> Done:
    said = json_value(str(row["done"]))
    if "model" in said:
        raise ModelError(said["model"])
    return Done(**said)


@contextmanager
def _cluster(address: str | None, workers: int) -> Iterator[Any]:
    if find_spec("ray") is None:
        raise MissingExtraError("ray", "ray")
    # Ray lowers its workers' priority by 15 unasked, and reports its use; all of it is read when it starts.
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else its C++ side writes between our lines
    if address is not None:
        _answers(address)
    import ray
    import ray.data

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            # Ray Data keeps some processors for itself; with as many as there are actors it waits for ever.
            ray.init("local", num_cpus=workers + 2, object_store_memory=_OBJECTS, include_dashboard=False, **quiet)
        else:
            ray.init(address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address or "this machine", str(error)) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _answers(address: str) -> None:
    """Raises InputError, in bounded time, where no cluster of Ray is at the address."""
    if address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not port.isdigit():
        raise InputError(
            f"the cluster's address is {address!r}; expected HOST:PORT of its head, as `ray start --head` says it, "
            "or auto on a machine of the cluster"
        )
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT).close()
        # In a process of its own, as a driver that is answered by something else than Ray waits without an end.
        probe = [sys.executable, "-c", _PROBE, address]
        tried = subprocess.run(probe, capture_output=True, text=True, timeout=_PROBED, check=False)
    except subprocess.TimeoutExpired:
        raise _no_cluster(address, f"something else, or nothing within {_PROBED} seconds") from None
    except OSError as error:
        raise _no_cluster(address, error.strerror or str(error)) from None
    except OverflowError as error:
        raise _no_cluster(address, str(error)) from None
    if "uthentication" in tried.stderr:
        raise InputError(
            f"the cluster of Ray at {address} asks for a token; set RAY_AUTH_MODE=token and give this user the "
            "cluster's token, as Ray's manual says under token authentication"
        )
    if tried.returncode:
        raise _no_cluster(address, tried.stderr.strip().rpartition("\n")[2])


def _no_cluster(address: str, reason: str) -> InputError:
    said = reason.strip().splitlines()[0][:200] if reason.strip() else "no reason given"
    return InputError(
        f"no cluster of Ray answers at {address} ({said}); start one there with `ray start --head`, "
        "or leave --address out to use this machine"
    )
