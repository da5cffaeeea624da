"""The tagger: texts in, spans out, whatever computes the network."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.span import Span
from workbench.tag.decode import Floats, best_tags_of, log_softmax, spans_of_tags
from workbench.tag.engines import Batch, Key, Run
from workbench.tag.shape import ANY_SHAPE, Shape, shaped
from workbench.tag.units import Units, units_of
from workbench.tag.windows import Window, windows_of

_SURROGATES = re.compile("[\ud800-\udfff]")
Ints = NDArray[np.int64]
# input ids [batch, tokens] and attention mask [batch, tokens] -> logits [batch, tokens, tags]
Forward = Callable[[Ints, Ints], Floats]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model reads text: its window in tokens without the two special ones, and the ids of those.

    Two windows share `overlap` tokens where they cannot be cut between sentences.
    """

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


def one_by_one(forward: Forward) -> Run:
    """A network that is a plain function, such as torch while training, as the tagger runs it."""

    def run(work: Iterable[tuple[Key, Batch]]) -> Iterator[tuple[Key, Floats]]:
        for key, batch in work:
            yield key, forward(batch.ids, batch.mask)

    return run


class Tagger:
    """Labels texts with a token classifier. `run` computes the network: an engine's, or torch while training.

    `token_budget` is the most padded tokens of a batch; widths are rounded up to a multiple of `width_step`, as some
    engines prepare anew for every width that they have not seen. A window's width hangs on nothing but its own length:
    in another width it would be computed in another order, and int8 and bf16 make other labels of so small a difference
    now and then. So a bulletin gets the same labels and scores in any company. Spans under their label's score in
    `thresholds` are left out.
    """

    def __init__(
        self,
        run: Run,
        *,
        tokenizer: Any,
        labels: Sequence[str],
        reading: Reading,
        temperature: float = 1.0,
        shape: Shape = ANY_SHAPE,
        thresholds: Mapping[str, float] | None = None,
        token_budget: int = 1024,
        width_step: int = 16,
    ) -> None:
        self.labels, self.reading = tuple(labels), reading
        self.shape, self.thresholds = shape, thresholds or {}
        self.temperature, self.token_budget, self.width_step = temperature, token_budget, width_step
        self._run, self._tokenizer = run, tokenizer

    def units(self, texts: Sequence[str]) -> list[Units]:
        """The units of each text; a text of only spaces has none."""
        # A lone surrogate is a code point that no tokenizer takes; its stand-in is one code point long as well.
        clean = [_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text) for text in texts]
        encodings = self._tokenizer.encode_batch(clean, add_special_tokens=False)
        return [units_of(text, encoding) for text, encoding in zip(clean, encodings, strict=True)]

    def label(self, texts: Sequence[str]) -> list[Tagged]:
        """Spans of each text, in order. Windows of all texts are batched together by length."""
        return next(self.stream([texts]))

    def stream(self, chunks: Iterable[Sequence[str]]) -> Iterator[list[Tagged]]:
        """label of each chunk of texts, in order; the next chunks are read while the engine is at work.

        Batches never reach over a chunk's end, so that a chunk's answer hangs on nothing but the chunk.
        """
        for chunk in self._scored(self.units(texts) for texts in chunks):
            yield self.decode(chunk.units, chunk.scores)

    def log_probs(self, units: Sequence[Units]) -> list[Floats]:
        """Log probabilities of the tags, [units, tags] for each text, in order."""
        return next(self._scored([units])).scores

    def decode(self, units: Sequence[Units], log_probs: Sequence[Floats]) -> list[Tagged]:
        """The spans of each text, from what log_probs said of its units."""
        decoded = zip(best_tags_of(log_probs), log_probs, units, strict=True)
        return [
            Tagged(self._sure(shaped(spans_of_tags(tags, scores, unit, self.labels), unit.text, self.shape)), repaired)
            for (tags, repaired), scores, unit in decoded
        ]

    def _sure(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(span for span in spans if (span.score or 0.0) >= self.thresholds.get(span.label, 0.0))

    def _scored(self, chunks: Iterable[Sequence[Units]]) -> Iterator["_Chunk"]:
        waiting: deque[_Chunk] = deque()

        def work() -> Iterator[tuple[tuple[_Chunk, list[Piece]], Batch]]:
            for units in chunks:
                chunk = _Chunk(units, self)
                waiting.append(chunk)
                for pieces in chunk.batches:
                    yield (chunk, pieces), self._arrays([(units[index], window) for index, window in pieces])

        for (chunk, pieces), logits in self._run(work()):
            chunk.take(pieces, logits, temperature=self.temperature)
            while waiting and not waiting[0].missing:
                yield waiting.popleft()
        # What is left has no window to compute: empty texts.
        yield from waiting

    def padded(self, window: Window) -> int:
        """The tokens that a window takes up in a batch, the two special ones and padding included."""
        size = window.end - window.start + 2
        return min(size + -size % self.width_step, self.reading.width + 2)

    def _arrays(self, batch: Sequence[tuple[Units, Window]]) -> Batch:
        shape = len(batch), self.padded(batch[0][1])
        ids = np.full(shape, self.reading.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, (units, window) in enumerate(batch):
            size = window.end - window.start
            ids[row, 0], ids[row, size + 1] = self.reading.start_id, self.reading.end_id
            ids[row, 1 : size + 1] = units.token_ids[window.start : window.end]
            mask[row, : size + 2] = 1
        return Batch(ids, mask)


# A window, and the number of its text in the chunk.
Piece = tuple[int, Window]


class _Chunk:
    """Texts that are labelled together: their scores as far as they are there, and how many batches are missing."""

    def __init__(self, units: Sequence[Units], tagger: Tagger) -> None:
        self.units = units
        width, overlap = tagger.reading.width, tagger.reading.overlap
        pieces = [
            (index, window)
            for index, unit in enumerate(units)
            for window in windows_of(unit, width=width, overlap=overlap)
        ]
        self.batches = list(_batches(pieces, padded=tagger.padded, budget=tagger.token_budget))
        self.missing = len(self.batches)
        tags = 2 * len(tagger.labels) + 1
        self.scores: list[Floats] = [np.zeros((len(unit), tags), dtype=np.float32) for unit in units]

    def take(self, pieces: Sequence[Piece], logits: Floats, *, temperature: float) -> None:
        """The logits of one batch, [pieces, tokens, tags]."""
        # The special token before the window shifts every position by one.
        positions = [
            self.units[index].first_token[window.first_unit : window.last_unit] - window.start + 1
            for index, window in pieces
        ]
        rows = np.repeat(np.arange(len(pieces)), [len(place) for place in positions])
        log_probs = log_softmax(logits[rows, np.concatenate(positions)], temperature=temperature)
        begin = 0
        for (index, window), place in zip(pieces, positions, strict=True):
            self.scores[index][window.first_unit : window.last_unit] = log_probs[begin : begin + len(place)]
            begin += len(place)
        self.missing -= 1


def _batches(pieces: Iterable[Piece], *, padded: Callable[[Window], int], budget: int) -> Iterator[list[Piece]]:
    """Groups of windows of one width, each of at most `budget` padded tokens (one window may exceed it alone)."""
    by_width: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_width.setdefault(padded(piece[1]), []).append(piece)
    for width, alike in sorted(by_width.items()):
        most, first = max(1, budget // width), 0
        while left := len(alike) - first:
            # What makes no full batch goes in powers of two: engines keep memory for each shape that they have seen.
            rows = most if left >= most else 1 << left.bit_length() - 1
            yield alike[first : first + rows]
            first += rows
