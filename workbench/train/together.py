"""Several processes of one run, as `torchrun` and `accelerate launch` start them: the first one measures and writes.

A run of one process is the first of one, and nothing here costs it anything.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

from workbench.core.errors import WorkbenchError

T = TypeVar("T")


def processes() -> int:
    """How many processes make this run, as their launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the one that measures, writes and tells."""
    return int(os.environ.get("RANK", "0")) == 0


def by_first(function: Callable[[], T]) -> T:
    """What the function returns in the first process, which alone calls it, handed to all; they wait for it.

    A WorkbenchError there is raised in all of them; any other failure ends the first, and its launcher the others.
    """
    if processes() == 1:
        return function()
    from torch.distributed import broadcast_object_list

    _join()
    answer: list[Any] = [None, None]
    if is_first():
        try:
            answer[0] = function()
        except WorkbenchError as error:
            answer[1] = error
    broadcast_object_list(answer, src=0)
    if answer[1] is not None:
        raise answer[1]
    value: T = answer[0]
    return value


def leave() -> None:
    """Ends what the processes share; the last thing in each."""
    import torch.distributed as distributed

    if processes() > 1 and distributed.is_initialized():
        distributed.destroy_process_group()


def _join() -> None:
    """The group of all processes; the Trainer takes it over as it finds it."""
    import torch
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available())
