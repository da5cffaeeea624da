"""A disk that is full in the middle, and a folder that may not be written to: a sentence, and then all goes on.

A file may grow to so many bytes and no further (RLIMIT_FSIZE), as on a disk on which that is the last room. Each
command runs in a process of its own, as a user starts it, and is given again with room for all.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.kill_help import Job, Place, run, undisturbed
from tests.kill_jobs import Assist, Prelabel, Records, Train

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="limits and modes are POSIX")]


@pytest.fixture
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Job]:
    name = str(request.param)
    shared = tmp_path / "shared"
    shared.mkdir()
    if name == "assist":
        asking = Assist()
        with asking.answering():
            yield asking
    else:
        jobs: dict[str, Job] = {"prelabel": Prelabel(), "records": Records(shared), "train": Train(shared)}
        yield jobs[name]


def place(folder: Path) -> Place:
    folder.mkdir(parents=True)
    return Place(folder, "", 0)


def failed(launcher: Sequence[str], command: Sequence[str], here: Place) -> str:
    """The sentence that the command ends with, exit status 1; what was there before stays to the byte."""
    older = {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()}
    done = subprocess.run(
        [*launcher, sys.executable, "-m", "workbench", *command], cwd=here.folder, capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "WORKBENCH_HOME": str(here.folder)},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in older} == older
    return next(line for line in done.stderr.splitlines() if line.startswith("workbench: "))


@pytest.mark.parametrize(
    ("job", "kilobytes", "says"),
    [
        ("prelabel", 10, "what was done is kept beside it: free some space"),
        ("assist", 10, "free some space, or"),
        ("assist", 18, "free some space or"),
        ("records", 10, "free some space or"),
        ("train", 40, "free some space or choose another folder"),
        ("train", 200, "free some space or choose another folder"),
    ],
    indirect=["job"],
)
def test_a_full_disk_is_a_sentence_and_with_room_the_same_command_completes_it(
    job: Job, kilobytes: int, says: str, tmp_path: Path
) -> None:
    _, whole = undisturbed(job, place(tmp_path / "whole"))
    here = place(tmp_path / "full")
    command = job.prepare(here)
    assert says in failed(["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash"], command, here)
    again = run(command, here)
    assert again.status == 0, again.said
    found = job.result(here)
    assert (whole - found, found - whole) == (Counter(), Counter())


# Root may write everywhere; without that capability it is asked for permission like anybody else.
WITHOUT_RIGHTS = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


@pytest.mark.skipif(bool(WITHOUT_RIGHTS) and not shutil.which("setpriv"), reason="root without setpriv may all")
@pytest.mark.parametrize("job", ["prelabel", "assist", "records", "train"], indirect=True)
def test_a_folder_that_may_not_be_written_to_is_said_before_any_work(job: Job, tmp_path: Path) -> None:
    here = place(tmp_path / "here")
    command = job.prepare(here)
    (tmp_path / "shut").mkdir()
    outputs = {"out.jsonl": "../shut/out.jsonl", "models/few": "../shut/few"}
    command = [outputs.get(word, word.replace("out.", "../shut/out.")) for word in command]
    (tmp_path / "shut").chmod(0o555)
    said = failed(WITHOUT_RIGHTS, command, here)
    assert "Permission denied" in said
    assert "shut" in said
    assert list((tmp_path / "shut").iterdir()) == []
