"""Units: the smallest pieces of text that a tag can cover, and the sub-word tokens behind them.

A model reads sub-word tokens, people mark characters. Between the two stand units: runs of tokens of one word,
split again at punctuation, so that a span may end before the full stop of "Times." whatever the tokenizer does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """A document as a model reads it.

    `text` is what it was made of; `token_ids` [tokens] without special tokens; `first_token` [units] the token each
    unit starts with; `starts`, `ends` [units] code point offsets, half open, increasing, without leading or trailing
    spaces.
    """

    text: str
    token_ids: Ints
    first_token: Ints
    starts: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.starts)


def units_of(text: str, encoding: Any) -> Units:
    """Units of one tokenizers.Encoding that was made without special tokens or truncation."""
    first: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    previous_word: int | None = None
    for token, ((start, end), word) in enumerate(zip(encoding.offsets, encoding.word_ids, strict=True)):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end or (ends and end <= ends[-1]):
            # A token of only spaces, or a further byte of a character that an earlier token began with.
            continue
        glued = bool(ends) and start <= ends[-1] and word == previous_word
        if glued and text[ends[-1] - 1].isalnum() and text[start].isalnum():
            ends[-1] = end
        else:
            first.append(token)
            starts.append(max(start, ends[-1]) if ends else start)
            ends.append(end)
        previous_word = word
    return Units(
        text,
        token_ids=np.asarray(encoding.ids, dtype=np.int64),
        first_token=np.asarray(first, dtype=np.int64),
        starts=np.asarray(starts, dtype=np.int64),
        ends=np.asarray(ends, dtype=np.int64),
    )
