"""From tag scores to spans: the best BIO sequence that is valid, by Viterbi decoding."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.span import Span
from workbench.tag.units import Units

Floats = NDArray[np.float32]
Tags = NDArray[np.int64]
# Sequences times units of their longest that are decoded in one go: some 10 MB of scores and back pointers.
_UNITS_AT_ONCE = 32_768


def log_softmax(logits: Floats, *, temperature: float = 1.0) -> Floats:
    """Log probabilities over the last axis, after division by the temperature."""
    scaled = logits.astype(np.float32) / np.float32(temperature)
    scaled -= scaled.max(axis=-1, keepdims=True)
    scaled -= np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return scaled


def best_tags(log_probs: Floats) -> tuple[Tags, bool]:
    """The most probable valid tag sequence, and whether plain argmax would have been invalid.

    `log_probs` [units, 1 + 2 * labels] in the order of Schema.tags: O, then B and I of each label. Valid means:
    I of a label follows B or I of the same label (IOB2). See best_tags_of for many sequences at once.
    """
    return best_tags_of([log_probs])[0]


def best_tags_of(sequences: Sequence[Floats]) -> list[tuple[Tags, bool]]:
    """best_tags of each sequence. Where argmax is valid it is the best; the rest is decoded together by Viterbi."""
    raw = [log_probs.argmax(axis=1) for log_probs in sequences]
    broken = [place for place, tags in enumerate(raw) if not _valid(tags)]
    found = [(tags, False) for tags in raw]
    for group in _groups(broken, lengths=[len(log_probs) for log_probs in sequences]):
        for place, tags in zip(group, _viterbi([sequences[place] for place in group]), strict=True):
            found[place] = tags, True
    return found


def _valid(tags: Tags) -> bool:
    """Whether each I follows B or I of its label."""
    inside = np.flatnonzero((tags % 2 == 0) & (tags > 0))
    if not len(inside):
        return True
    if inside[0] == 0:
        return False
    before = tags[inside - 1]
    return bool(((before == tags[inside]) | (before == tags[inside] - 1)).all())


def _groups(places: Sequence[int], *, lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places, longest first, in groups whose back pointers stay small in memory."""
    group: list[int] = []
    for place in sorted(places, key=lambda place: -lengths[place]):
        if group and (len(group) + 1) * lengths[group[0]] > _UNITS_AT_ONCE:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _viterbi(sequences: Sequence[Floats]) -> list[Tags]:
    """The best valid path of each sequence, none empty, longest first.

    The transitions are so plain that a step costs one maximum over all tags and one per label (Viterbi 1967, with
    0/1 transitions). A step treats all sequences that are long enough to have it.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    rows, tags = len(sequences), sequences[0].shape[1]
    padded = np.zeros((lengths[0], rows, tags), dtype=np.float32)
    for row, sequence in enumerate(sequences):
        padded[: len(sequence), row] = sequence
    inside = np.arange(2, tags, 2)
    # How many sequences have a step of each number; they are the first ones, as the longest come first.
    active = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    back = np.zeros((lengths[0], rows, tags), dtype=np.int16)
    score = padded[0].copy()
    score[:, inside] = -np.inf
    for step in range(1, int(lengths[0])):
        count = int(active[step])
        now = score[:count]
        best = now.argmax(axis=1)
        back[step, :count] = best[:, None]
        from_begin = now[:, inside - 1] >= now[:, inside]
        back[step, :count, 2::2] = np.where(from_begin, inside - 1, inside)
        reach = np.repeat(now[np.arange(count), best][:, None], tags, axis=1)
        reach[:, inside] = np.maximum(now[:, inside - 1], now[:, inside])
        score[:count] = reach + padded[step, :count]
    return [_path(back[:length, row], score[row]) for row, length in enumerate(lengths)]


def _path(back: NDArray[np.int16], score: Floats) -> Tags:
    """From the last step's scores [tags] back to the first along `back` [steps, tags]."""
    path = np.empty(len(back), dtype=np.int64)
    path[-1] = int(score.argmax())
    for step in range(len(back) - 1, 0, -1):
        path[step - 1] = back[step, path[step]]
    return path


def spans_of_tags(tags: Tags, log_probs: Floats, units: Units, labels: Sequence[str]) -> tuple[Span, ...]:
    """Spans of a valid tag sequence [units]; `score` is the geometric mean of the tags' probabilities in the span."""
    spans = []
    begins = np.flatnonzero(tags % 2 == 1)
    for begin in begins:
        end = int(begin) + 1
        while end < len(tags) and tags[end] == tags[begin] + 1:
            end += 1
        chosen = log_probs[np.arange(begin, end), tags[begin:end]]
        score = float(np.exp(chosen.mean(dtype=np.float64)))
        label = labels[int(tags[begin]) // 2]
        spans.append(Span(int(units.starts[begin]), int(units.ends[end - 1]), label, min(1.0, score)))
    return tuple(spans)


def tags_of_spans(spans: Sequence[Span], units: Units, labels: Sequence[str]) -> tuple[Tags, list[Span]]:
    """Tag ids [units] for training, and the spans that were left out because they fit no unit's edges or overlap.

    Units touched by a span that is left out get -100, "unknown" to the loss, never O: the model is not taught
    that a person's mark is nothing.
    """
    place = {name: index for index, name in enumerate(labels)}
    tags = np.zeros(len(units), dtype=np.int64)
    taken = np.zeros(len(units), dtype=bool)
    left_out = []
    for span in sorted(spans):
        first = int(np.searchsorted(units.ends, span.start, side="right"))
        last = int(np.searchsorted(units.starts, span.end, side="left"))
        touched = slice(first, last)
        fits = first < last and units.starts[first] == span.start and units.ends[last - 1] == span.end
        if not fits or taken[touched].any():
            left_out.append(span)
            tags[touched] = np.where(taken[touched], tags[touched], -100)
            continue
        tags[touched] = 2 * place[span.label] + 2
        tags[first] -= 1
        taken[touched] = True
    return tags, left_out
