"""Processes below another one, for tests that kill them."""

from pathlib import Path


def actor_below(ancestor: int) -> int:
    """The number of a process that holds an actor of Ray Data, somewhere below another process."""
    parents: dict[int, int] = {}
    actors: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if b"ray::MapWorker" in (folder / "cmdline").read_bytes():
                    actors.append(int(folder.name))
            except OSError:
                continue  # it ended meanwhile
    return next(process for process in sorted(actors) if _is_below(process, ancestor, parents))


def _is_below(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    while process > 1 and process != ancestor:
        process = parents.get(process, 0)
    return process == ancestor
