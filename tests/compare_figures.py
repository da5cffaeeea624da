"""Prints how many phrases of figures/phrases.txt the ready-made normalisers read right, beside this project's grammar.

    python tests/compare_figures.py            the totals, and the phrases of the facts file one by one
    python tests/compare_figures.py --all      every phrase

Needs quantulum3, text2num and word2number where they should be compared; one that is missing is left out. They know
numbers, no comparators: their column is right where the plain value is, in a phrase that states exactly one.
"""

import re
import sys
import time
from collections.abc import Callable

from test_figure_grammar import expected, rows

from workbench.core.errors import InputError
from workbench.figure.grammar import normal_form


def readers() -> dict[str, Callable[[str], object]]:
    """Name -> phrase to value (None where it finds no number)."""
    found: dict[str, Callable[[str], object]] = {"workbench": _ours}
    try:
        from quantulum3 import parser

        found["quantulum3"] = lambda text: next((x.value for x in parser.parse(text)), None)
    except ImportError:
        print("quantulum3 is not installed; left out", file=sys.stderr)
    try:
        from text_to_num import alpha2digit

        found["text2num"] = lambda text: _plain(alpha2digit(text, "en"))
    except ImportError:
        print("text2num is not installed; left out", file=sys.stderr)
    try:
        from word2number import w2n

        found["word2number"] = w2n.word_to_num
    except ImportError:
        print("word2number is not installed; left out", file=sys.stderr)
    return found


def _ours(text: str) -> object:
    try:
        return normal_form(text).value
    except InputError:
        return None


def _plain(text: str) -> object:
    """The first number in the text that text2num gives back."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return float(found[0].replace(",", "")) if found else None


def ask(reader: Callable[[str], object], phrase: str) -> object:
    """What a normaliser says, or the name of the exception that it raises for the phrase."""
    try:
        return reader(phrase)
    except Exception as error:  # noqa: BLE001 - each library has its own way to fail, which is what is compared
        return type(error).__name__


def main() -> None:
    """Prints the table."""
    table, known = rows(), readers()
    shown = table if "--all" in sys.argv else table[:26]
    right = dict.fromkeys(known, 0)
    valued = 0
    print(f"{'phrase':<38}{'meant':<22}" + "".join(f"{name:<20}" for name in known))
    for phrase, meaning in table:
        want = None if meaning == "!" else expected(meaning)["value"]
        if want is None:
            said = {name: ask(reader, phrase) for name, reader in known.items()} if (phrase, meaning) in shown else {}
        else:
            valued += 1
            said = {name: ask(reader, phrase) for name, reader in known.items()}
            for name, value in said.items():
                right[name] += isinstance(value, int | float) and abs(value - want) < 1e-6 * max(1, abs(want))
        if (phrase, meaning) in shown:
            print(f"{phrase:<38}{meaning:<22}" + "".join(f"{str(said[name])[:18]:<20}" for name in known))
    for name, count in right.items():
        print(f"{name}: {count} of {valued} plain values right")
    started = time.perf_counter()
    for _, (phrase, _) in zip(range(20_000), table * 60, strict=False):
        ask(_ours, phrase)
    print(f"workbench: {20_000 / (time.perf_counter() - started):,.0f} phrases a second on this table, repeated")


if __name__ == "__main__":
    main()
