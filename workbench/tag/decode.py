"""From tag scores to spans: the best BIO sequence that is valid, by Viterbi decoding."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.span import Span
from workbench.tag.units import Units

Floats = NDArray[np.float32]
Tags = NDArray[np.int64]
# Stretches times units of their longest that are decoded in one go: some 10 MB of scores and back pointers.
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
    """best_tags of each sequence. Where argmax is valid it is the best; only the stretches that are not are decoded.

    A stretch begins and ends before an O or B of argmax. What is outside of it is the best that there could be, and
    what is inside is decoded as if anything might stand before it: so the whole is the best as well, unless the stretch
    came out beginning with an I. Then it is begun earlier, and decoded again.
    """
    found = [log_probs.argmax(axis=1) for log_probs in sequences]
    begins = [np.flatnonzero(_anywhere(tags)) for tags in found]
    broken = [_broken(tags, free) for tags, free in zip(found, begins, strict=True)]
    stretches = {place: [_Stretch(place, *ends) for ends in some] for place, some in enumerate(broken)}
    waiting = {stretch for some in stretches.values() for stretch in some}
    while waiting:
        too_short = []
        for group in _groups(waiting):
            pieces = [sequences[each.place][each.begin : each.end] for each in group]
            for each, tags in zip(group, _viterbi(pieces, first=[each.begin == 0 for each in group]), strict=True):
                found[each.place][each.begin : each.end] = tags
                if each.begin and not _anywhere(tags[:1])[0]:
                    too_short.append(each)
        waiting = set()
        for each in too_short:
            own = stretches[each.place]
            begin = _earlier(begins[each.place], each.begin)
            reached = [other for other in own if begin < other.end and other.begin < each.end]
            longer = _Stretch(each.place, min([begin, *(o.begin for o in reached)]), max(o.end for o in reached))
            own[:] = [*(other for other in own if other not in reached), longer]
            waiting = (waiting - set(reached)) | {longer}
    return [(tags, bool(some)) for tags, some in zip(found, broken, strict=True)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Units `begin:end` of the sequence numbered `place`."""

    place: int
    begin: int
    end: int


def _anywhere(tags: Tags) -> NDArray[np.bool_]:
    """Which tags may stand behind any other: O and every B."""
    free: NDArray[np.bool_] = (tags % 2 == 1) | (tags == 0)
    return free


def _broken(tags: Tags, begins: Tags) -> list[tuple[int, int]]:
    """Begin and end of each stretch that holds an I which follows neither B nor I of its label, in order;
    `begins` are the units of O or B."""
    inside = np.flatnonzero(~_anywhere(tags))
    before = np.where(inside > 0, tags[inside - 1], -1)
    wrong = inside[(before != tags[inside]) & (before != tags[inside] - 1)]
    if not len(wrong):
        return []
    behind = np.searchsorted(begins, wrong)  # the place of the next O or B
    return sorted(
        {
            (int(begins[place - 1]) if place else 0, int(begins[place]) if place < len(begins) else len(tags))
            for place in behind
        }
    )


def _earlier(begins: Tags, begin: int) -> int:
    """The O or B before the one at `begin`, or the sequence's start."""
    place = int(np.searchsorted(begins, begin))
    return int(begins[place - 1]) if place else 0


def _groups(stretches: Iterable[_Stretch]) -> Iterator[list[_Stretch]]:
    """Stretches, longest first, in groups whose back pointers stay small in memory."""
    group: list[_Stretch] = []
    for stretch in sorted(stretches, key=lambda each: each.begin - each.end):
        if group and (len(group) + 1) * (group[0].end - group[0].begin) > _UNITS_AT_ONCE:
            yield group
            group = []
        group.append(stretch)
    if group:
        yield group


def _viterbi(sequences: Sequence[Floats], *, first: Sequence[bool]) -> list[Tags]:
    """The best valid path of each sequence, none empty, longest first. Only one that is not `first` may begin with I.

    The transitions are so plain that a step costs one maximum over all tags and one per label (Viterbi 1967, with
    0/1 transitions). A step treats all sequences that are long enough to have it.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    rows, tags = len(sequences), sequences[0].shape[1]
    padded = np.zeros((lengths[0], rows, tags), dtype=np.float32)
    for row, sequence in enumerate(sequences):
        padded[: len(sequence), row] = sequence
    inside, every = np.arange(2, tags, 2), np.arange(rows)
    # How many sequences have a step of each number; they are the first ones, as the longest come first.
    active = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
    back = np.zeros((lengths[0], rows, tags), dtype=np.int16)
    score = padded[0].copy()
    score[np.ix_(np.asarray(first), inside)] = -np.inf
    for step in range(1, int(lengths[0])):
        count = int(active[step])
        now = score[:count]
        best = now.argmax(axis=1)
        back[step, :count] = best[:, None]
        from_begin = now[:, inside - 1] >= now[:, inside]
        back[step, :count, 2::2] = np.where(from_begin, inside - 1, inside)
        reach = np.repeat(now[every[:count], best][:, None], tags, axis=1)
        reach[:, inside] = np.maximum(now[:, inside - 1], now[:, inside])
        score[:count] = reach + padded[step, :count]
    paths = np.empty((rows, lengths[0]), dtype=np.int64)
    here = score.argmax(axis=1)
    for step in range(int(lengths[0]) - 1, 0, -1):
        count = int(active[step])
        paths[:count, step] = here[:count]
        here[:count] = back[step, every[:count], here[:count]]
    paths[:, 0] = here
    return [path[:length] for path, length in zip(paths, lengths, strict=True)]


def spans_of_tags(tags: Tags, log_probs: Floats, units: Units, labels: Sequence[str]) -> tuple[Span, ...]:
    """Spans of a valid tag sequence [units]; `score` is the geometric mean of the tags' probabilities in the span."""
    begins = np.flatnonzero(tags % 2 == 1)
    if not len(begins):
        return ()
    outside = np.flatnonzero(_anywhere(tags))
    behind = np.searchsorted(outside, begins, side="right")
    ends = np.append(outside, len(tags))[behind]
    chosen = np.append(log_probs[np.arange(len(tags)), tags], 0.0)  # so that an end may be that of the text
    sums = np.add.reduceat(chosen, np.stack([begins, ends], axis=1).ravel(), dtype=np.float64)[::2]
    scores = np.minimum(np.exp(sums / (ends - begins)), 1.0)
    found = zip(units.starts[begins].tolist(), units.ends[ends - 1].tolist(), tags[begins], scores, strict=True)
    return tuple(Span(start, end, labels[tag // 2], float(score)) for start, end, tag, score in found)


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
