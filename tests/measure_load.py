"""The program under load: many clients, a large project, the whole loop again and again. Prints one JSON object.

    python -m tests.measure_load backend [--clients 50 --minutes 10 --think 0]
    python -m tests.measure_load project [--tasks 50000 --few 1000]
    python -m tests.measure_load soak    [--minutes 30]

Run it from the top of a clone, on Linux: what processes use is read from /proc. The bulletins are real
(../shared/data/unlabelled; without it, those that come along), each varied by a word. Servers are real and run in a
temporary folder. Exit status 1 where something failed, was lost or doubled. The load average of the machine stands
beside the figures: whatever else it does meanwhile slows what is measured.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))


def backend(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """`workbench serve` under many clients."""
    from load_backend import Load, measure

    found = measure(Load(given.clients, 60 * given.minutes, given.think), folder)
    return found | {"well": not found["errors"] and not found["errors_in_log"]}


def project(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One large project of an embedded Label Studio."""
    from load_project import measure

    return measure(folder, tasks=given.tasks, few=given.few)


def soak(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole loop again and again."""
    from load_soak import measure

    return measure(folder, seconds=60 * given.minutes)


def main() -> None:
    """Reads the options; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(required=True)
    one = kinds.add_parser("backend")
    one.add_argument("--clients", type=int, default=50)
    one.add_argument("--minutes", type=float, default=10.0)
    one.add_argument("--think", type=float, default=0.0, help="seconds between an answer and the next request")
    one.set_defaults(measure=backend)
    one = kinds.add_parser("project")
    one.add_argument("--tasks", type=int, default=50_000)
    one.add_argument("--few", type=int, default=1000, help="annotated tasks, and bulletins of the smaller push")
    one.set_defaults(measure=project)
    one = kinds.add_parser("soak")
    one.add_argument("--minutes", type=float, default=30.0)
    one.set_defaults(measure=soak)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = given.measure(given, Path(folder))
    print(json.dumps(found, indent=2))
    sys.exit(0 if found["well"] else 1)


if __name__ == "__main__":
    main()
