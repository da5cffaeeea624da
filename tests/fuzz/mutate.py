"""Valid inputs made wrong: bytes, texts and JSON values, changed by a seeded source of chance."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

# What readers stumble over: ends of ranges, half characters, quotes and brackets, words of other forms.
ODD = (
    "\x00", "\r", "\r\n", "\n\n", "\t", "\u202e", "\u200b", "\ufeff", "\u2028", "\ud800", "\udfff", "\U0001f4a5",
    "e\u0301\u0301\u0301", "\u0663\u0664", "\u00bd", "\u00b2", "\U0001d7ce", "\u0bf0", "\u516d", "\ufdfa", "\u0130",
    "\u00df", "\ufb03", '"', "'", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", "[[", "]]", "(", ")", "<", ">", "&",
    "&amp;", "]]>", "<!--", "<![CDATA[", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "</script>", "=1+1", "@", ",", ";",
    ":", "-", "--", ".", "...", "/", "%", "$", "#", "null", "true", "NaN", "Infinity", "-Infinity", "1e999", "-1",
    "0", "-0", "1.2.3", "1_0", "0x10", "0o7", "007", "2024-02-30", "0000-00-00", "9999-12-31", "0001-01-01T00:00:00Z",
    "24:00", "nil", "dozens", "half", "million", "between", "up to", "hundred and", "last", "ago", "of them", "1/0",
    "1,2,3", "9" * 400, "1" * 5000, "0x" + "f" * 4000, "[" * 2000, '{"a":' * 1500, "a." * 900, " " * 3000, "\n" * 3000,
    "'" * 3000, "((" * 400, "<a>" * 1200, "x" * 20_000,
)  # fmt: skip

# What no value of Python writes as JSON, by the text that stands for it until then.
_RAW = {
    "\x00huge": "1e999",
    "\x00bare": "9" * 5000,
    **{f"\x00list{depth}": "[" * depth + "]" * depth for depth in (3, 60, 400, 900, 5000)},
    **{f"\x00table{depth}": '{"a":' * depth + "1" + "}" * depth for depth in (3, 60, 400, 900, 5000)},
}
_ODD_JSON = (
    "null", "true", "false", "0", "1", "-1", "7", str(2**31), str(2**63), str(2**64), str(-(2**63)), "1" + "0" * 4000,
    "0.5", "-0.5", "1e308", "1e-320", "NaN", "Infinity", "-Infinity", '""', '" "', '"0"', '"3"', '"x"', "[]", "{}",
    "[[]]", "[null]", "[1, 2]", '["a"]', '{"a": 1}', '{"": null}', '[[0, 1, "X"]]', '"2024-05-08"',
    '[{"start": 0, "end": 1, "label": "X"}]',
)  # fmt: skip
Change = Callable[[random.Random, bytes], bytes]


def damaged(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after one to six changes."""
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        data = rng.choice(_CHANGES)(rng, data) if rng.random() < 0.9 else _spliced(rng, data, rng.choice(seeds))
    return data


def damaged_text(rng: random.Random, seeds: Sequence[str]) -> bytes:
    """One of the texts with whole characters and words changed; UTF-8, in which a lone surrogate may stand."""
    words = rng.choice(seeds).split(" ")
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        place = rng.randrange(len(words) + 1)
        other = rng.choice((rng.choice(ODD[:-12]), rng.choice(rng.choice(seeds).split(" ")), ""))
        words[place : place + rng.randrange(3)] = [other] * rng.choice((1, 1, 1, 2, 30))
    text = rng.choice((" ", " ", " ", " ", "", "-", ", ")).join(words)
    if rng.random() < 0.05:
        text += rng.choice(ODD)
    return text.encode("utf-8", "surrogatepass")


def damaged_json(rng: random.Random, seeds: Sequence[str]) -> bytes:
    """One of the JSON texts with one to four of its values changed in kind, doubled, renamed or left out."""
    value = json.loads(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = list(_places(value))
        if not places:
            break
        _change_at(rng, *rng.choice(places))
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    for mark, raw in _RAW.items():
        text = text.replace(json.dumps(mark), raw)
    data = text.encode("utf-8", "surrogatepass")
    return rng.choice(_CHANGES)(rng, data) if rng.random() < 0.05 else data


def text_of(data: bytes) -> str:
    """The text of an input, in which a lone surrogate may stand."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def odd_value(rng: random.Random) -> Any:
    """A JSON value that few expect."""
    if rng.random() < 0.12:
        return rng.choice(tuple(_RAW))
    if rng.random() < 0.3:
        return rng.choice(ODD)
    return json.loads(rng.choice(_ODD_JSON))


def _places(value: Any) -> Any:
    """(container, key) of every value below."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        keys = each if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        for key in keys:
            yield each, key
            waiting.append(each[key])


def _change_at(rng: random.Random, holder: Any, key: Any) -> None:
    chance = rng.random()
    if chance < 0.6:
        holder[key] = odd_value(rng)
    elif chance < 0.7:
        del holder[key]
    elif chance < 0.8 and isinstance(holder[key], str):
        place = rng.randrange(len(holder[key]) + 1)
        holder[key] = holder[key][:place] + rng.choice(ODD) + holder[key][place:]
    elif chance < 0.85 and type(holder[key]) is int:
        holder[key] += rng.choice((-1, 1, 10, 1000))
    elif isinstance(holder, list):
        holder.insert(key, rng.choice((holder[key], odd_value(rng))))
    else:
        holder[rng.choice((*holder, rng.choice(ODD)))] = holder[key]


def _flipped(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] if rng.random() < 0.7 else data[place:]


def _without(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + data[end:]


def _doubled(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    times = rng.choice((2, 2, 3, 50 if end - start < 200 else 2))
    return data[:start] + data[start:end] * times + data[end:]


def _moved(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    rest = data[:start] + data[end:]
    place = rng.randrange(len(rest) + 1)
    return rest[:place] + data[start:end] + rest[place:]


def _with_odd(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data) if rng.random() < 0.4 else (rng.randrange(len(data) + 1),) * 2
    return data[:start] + rng.choice(ODD).encode("utf-8", "surrogatepass") + data[end:]


def _number(rng: random.Random, data: bytes) -> bytes:
    """Another number in the place of a digit."""
    places = [place for place, byte in enumerate(data[:20_000]) if 48 <= byte < 58]
    if not places:
        return data
    place = rng.choice(places)
    return data[:place] + rng.choice((b"0", b"-1", b"1e9", b"99999999999", b"3.5", b"9" * 50)) + data[place + 1 :]


def _noise(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def _spliced(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _range(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 100, 1000)))


_CHANGES: tuple[Change, ...] = (_flipped, _cut, _without, _doubled, _moved, _with_odd, _with_odd, _number, _noise)
