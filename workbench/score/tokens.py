"""Words and signs: the units of token-level scores and of Cohen's kappa.

A token is a run of letters, digits, combining marks and underscores, or one other character that is no space.
"New York-based" has four. This is the scorer's own rule, the same for every model, whatever its tokenizer.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.score.columns import Columns, Ints

_UNKNOWN, _SPACE, _WORD, _SIGN = -1, 0, 1, 2
_CODE_POINTS = 0x110000
# Characters classified in one go.
_AT_ONCE = 250_000


@dataclass(frozen=True)
class TokenSpans:
    """First and last token of each span, numbered through all documents; `last < first` for a span of spaces.

    `documents` holds the number of each document's first token, and the total at the end: (documents + 1,).
    """

    first: Ints
    last: Ints
    documents: Ints


def token_spans(texts: Sequence[str], *layers: Columns) -> tuple[TokenSpans, ...]:
    """The tokens that each span of each layer touches, be it by one character."""
    totals = [0]
    found = [(np.zeros(len(spans), dtype=np.int64), np.zeros(len(spans), dtype=np.int64)) for spans in layers]
    kinds = np.full(_CODE_POINTS, _UNKNOWN, dtype=np.int8)
    for low, high in _batches(texts):
        offsets = np.cumsum([0, *(len(text) + 1 for text in texts[low:high])])
        kind, upto = _count_starts("\n".join(texts[low:high]) + "\n", kinds)
        for spans, (first, last) in zip(layers, found, strict=True):
            rows = slice(*np.searchsorted(spans.document, [low, high]))
            shift = offsets[spans.document[rows] - low]
            starts, ends = spans.start[rows] + shift, spans.end[rows] + shift
            # A span that starts on a space begins with the token after it.
            first[rows] = totals[-1] + upto[starts] - (kind[starts] != _SPACE)
            last[rows] = totals[-1] + upto[ends - 1] - 1
        totals.extend((totals[-1] + upto[offsets[1:] - 1]).tolist())
    documents = np.array(totals, dtype=np.int64)
    return tuple(TokenSpans(first, last, documents) for first, last in found)


def tokens(text: str) -> list[tuple[int, int]]:
    """Start and end of each token of a text, in order."""
    if not text:
        return []
    kind, upto = _count_starts(text, np.full(_CODE_POINTS, _UNKNOWN, dtype=np.int8))
    filled = np.flatnonzero(kind != _SPACE)
    number = upto[filled] - 1
    starts = filled[np.searchsorted(number, np.arange(upto[-1]), side="left")]
    ends = filled[np.searchsorted(number, np.arange(upto[-1]), side="right") - 1] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _count_starts(text: str, kinds: npt.NDArray[np.int8]) -> tuple[npt.NDArray[np.int8], Ints]:
    """The kind of each character, and how many tokens have started up to it, itself included; both (characters,)."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    kind = kinds[codes]
    if (kind == _UNKNOWN).any():
        for code in np.unique(codes[kind == _UNKNOWN]).tolist():
            kinds[code] = _kind(chr(code))
        kind = kinds[codes]
    starts = kind != _SPACE
    starts[1:] &= (kind[1:] == _SIGN) | (kind[:-1] != _WORD)
    return kind, np.cumsum(starts, dtype=np.int64)


def _kind(character: str) -> int:
    if character.isspace():
        return _SPACE
    return _WORD if character == "_" or unicodedata.category(character)[0] in "LNM" else _SIGN


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    low = size = 0
    for place, text in enumerate(texts):
        size += len(text) + 1
        if size >= _AT_ONCE:
            yield low, place + 1
            low, size = place + 1, 0
    if low < len(texts):
        yield low, len(texts)
