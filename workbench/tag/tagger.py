"""The tagger: texts in, spans out, whatever computes the network."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.span import Span
from workbench.tag.decode import Floats, best_tags, log_softmax, spans_of_tags
from workbench.tag.units import Units, units_of
from workbench.tag.windows import Window, windows_of

_SURROGATES = re.compile("[\ud800-\udfff]")
Ints = NDArray[np.int64]
# input ids [batch, tokens] and attention mask [batch, tokens] -> logits [batch, tokens, tags]
Forward = Callable[[Ints, Ints], Floats]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model reads text: its window in tokens without the two special ones, their overlap, and its special ids."""

    width: int
    overlap: int
    start_id: int
    end_id: int
    pad_id: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """The answer for one text: flat spans in text order, and whether decoding had to repair the raw sequence."""

    spans: tuple[Span, ...]
    repaired: bool


class Tagger:
    """Labels texts with a token classifier. `forward` is the network: an exported one, or torch while training."""

    def __init__(
        self,
        forward: Forward,
        *,
        tokenizer: Any,
        labels: Sequence[str],
        reading: Reading,
        temperature: float = 1.0,
        token_budget: int = 1024,
    ) -> None:
        self.forward, self.labels, self.reading = forward, tuple(labels), reading
        self.temperature, self.token_budget = temperature, token_budget
        self._tokenizer = tokenizer

    def units(self, texts: Sequence[str]) -> list[Units]:
        """The units of each text; a text of only spaces has none."""
        # A lone surrogate is a code point that no tokenizer takes; its stand-in is one code point long as well.
        clean = [_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text) for text in texts]
        encodings = self._tokenizer.encode_batch(clean, add_special_tokens=False)
        return [units_of(text, encoding) for text, encoding in zip(clean, encodings, strict=True)]

    def label(self, texts: Sequence[str]) -> list[Tagged]:
        """Spans of each text, in order. Windows of all texts are batched together, sorted by length."""
        units = self.units(texts)
        return [
            self._decode(unit, scores) if len(unit) else Tagged((), repaired=False)
            for unit, scores in zip(units, self.log_probs(units), strict=True)
        ]

    def log_probs(self, units: Sequence[Units]) -> list[Floats]:
        """Log probabilities of the tags, [units, tags] for each text, in order."""
        width, overlap = self.reading.width, self.reading.overlap
        pieces = [
            (index, window)
            for index, unit in enumerate(units)
            for window in windows_of(unit, width=width, overlap=overlap)
        ]
        tags = 2 * len(self.labels) + 1
        scores: list[Floats] = [np.zeros((len(unit), tags), dtype=np.float32) for unit in units]
        for batch in _batches(pieces, budget=self.token_budget):
            logits = self.forward(*self._arrays([(units[index], window) for index, window in batch]))
            for row, (index, window) in enumerate(batch):
                # The special token before the window shifts every position by one.
                positions = units[index].first_token[window.first_unit : window.last_unit] - window.start + 1
                part = log_softmax(logits[row, positions], temperature=self.temperature)
                scores[index][window.first_unit : window.last_unit] = part
        return scores

    def _arrays(self, batch: Sequence[tuple[Units, Window]]) -> tuple[Ints, Ints]:
        longest = max(window.end - window.start for _, window in batch) + 2
        ids = np.full((len(batch), longest), self.reading.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, (units, window) in enumerate(batch):
            size = window.end - window.start
            ids[row, 0], ids[row, size + 1] = self.reading.start_id, self.reading.end_id
            ids[row, 1 : size + 1] = units.token_ids[window.start : window.end]
            mask[row, : size + 2] = 1
        return ids, mask

    def _decode(self, units: Units, scores: Floats) -> Tagged:
        tags, repaired = best_tags(scores)
        return Tagged(spans_of_tags(tags, scores, units, self.labels), repaired)


def _batches(pieces: Iterable[tuple[int, Window]], *, budget: int) -> Iterator[list[tuple[int, Window]]]:
    """Groups of windows of like length, each of at most `budget` padded tokens (one window may exceed it alone)."""
    ordered = sorted(pieces, key=lambda piece: piece[1].end - piece[1].start)
    batch: list[tuple[int, Window]] = []
    for piece in ordered:
        # Sorted by length, so the newest window is the longest and sets the padding of all.
        size = piece[1].end - piece[1].start + 2
        if batch and (len(batch) + 1) * size > budget:
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch
