"""No regular expression of the package takes long on a text that was made to slow it down."""

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import workbench

# A run of SCREEN is tried with every pattern; where it takes longer than SUSPECT and grows, one of LENGTH is.
SCREEN, LENGTH = 2_000, 50_000
SUSPECT, SECONDS = 0.003, 0.5  # of processor time; 50,000 steps for each of 50,000 characters would be minutes
# Runs of one thing, and of two that follow each other.
RUNS = (
    " ", "\t", "\n", "\r", "0", "9", "a", "A", "_", "-", "–", ",", ".", ";", ":", "'", '"', "“", "’", "`",
    "(", ")", "[",
    "]", "{", "}", "<", ">", "=", "/", "\\", "$", "é", "中", "\u0663", "\u0301", "\xa0", "…", "\x00", "a ",
    " a", "A ", "1 ",
    "1,", "1.", ",1", "1-", "a-", "a.", "A.", "\n ", "\n\n", " \n", "\\n", "', ", ". ", ", ", "...", "--",
    "[...]", "```",
    "<meta ", "<?xml ", "{a}", "a\n", "1:", "://", "@", "a@b:", "://a:", "\n## ",
)  # fmt: skip
# Words that the patterns look for, so that they begin over and over again.
WORDS = (
    "the ", "and ", "of ", "or ", "one ", "twenty-", "hundred and ", "thousand ", "half a ", "1 thousand ",
    "last ", "this ",
    "May ", "May, ", "1 May ", "the day before ", "1 day ", "a couple of ", "killed ", "was ", "their ",
    "all the ", "both ",
    "including ", "said ", "among them ", "of whom ", "claimed ", "increased by ", "will be ",
    "are expected ", "separate ",
    "Mr. ", "U.S. ", "A. B. ", "two of them ", "while ", ", while ", "Khan's ", "in the past 24 hours ",
    "since ", "total of ",
    "bringing the ", "number of ", "is not ", "not ", "no ", "police station ", "suspected ", "(Jan. 5 ", "2024-05-08 ",
)  # fmt: skip


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Those that modules keep, and those that are written where they are used."""
    seen = set[str]()
    for module in pkgutil.walk_packages(workbench.__path__, "workbench."):
        if module.name.endswith("__main__") or ".packaged" in module.name:
            continue
        loaded = importlib.import_module(module.name)
        kept = [value for value in vars(loaded).values() if isinstance(value, re.Pattern)]
        tree = ast.parse(Path(str(loaded.__file__)).read_text(encoding="utf-8"))
        written = [
            re.compile(node.args[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ]
        for pattern in [*kept, *written]:
            if isinstance(pattern.pattern, str) and pattern.pattern not in seen:
                seen.add(pattern.pattern)
                yield module.name, pattern


FOUND = list(patterns())
# A beginning, what is repeated behind it, and an end that fits nothing.
TEXTS = [("", run) for run in (*RUNS, *WORDS)]
TEXTS += [(word.strip(), run) for word in WORDS for run in (" ", "a ")]


def test_the_patterns_are_found() -> None:
    assert len(FOUND) > 80
    assert any("nd|rd|th" in pattern.pattern for _, pattern in FOUND)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "pattern"), FOUND, ids=[f"{m}:{p.pattern[:24]!a}" for m, p in FOUND])
def test_a_hostile_text_takes_no_longer_than_its_length(module: str, pattern: re.Pattern[str]) -> None:
    suspects = [parts for parts in TEXTS if _grows(pattern, parts)]
    slow = [parts for parts in suspects if seconds(pattern, hostile(*parts, LENGTH)) > SECONDS]
    assert not slow, (module, pattern.pattern[:200], slow)


def _grows(pattern: re.Pattern[str], parts: tuple[str, str]) -> bool:
    """Whether four times the length takes more than eight times as long."""
    short = seconds(pattern, hostile(*parts, SCREEN))
    return short > SUSPECT and seconds(pattern, hostile(*parts, 4 * SCREEN)) > 8 * short


def hostile(begin: str, run: str, length: int) -> str:
    return f"{begin}{run * (length // len(run))}\x01"


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """The processor time of looking through a whole text, cut off after twice the limit."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
    with suppress(TimeoutError):
        pattern.fullmatch(text)
        for _ in pattern.finditer(text):
            pass
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)
    return time.process_time() - began
