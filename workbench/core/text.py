"""Text as everything here sees it: code points, line ends LF, known by its hash."""

import hashlib
import reprlib

_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = 120


def normalise_line_ends(text: str) -> str:
    """CR LF and lone CR become LF, so that one line end is one code point everywhere."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_hash(text: str) -> str:
    """First 32 hex digits of the SHA-256 of the text in UTF-8: the identity of a bulletin's content.

    A lone surrogate (which UTF-8 cannot hold) is hashed as its escape, never refused here.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def excerpt(text: str, start: int, end: int, *, around: int = 20) -> str:
    """`…around[marked]around…` on one line, for messages."""
    left, right = max(0, start - around), min(len(text), end + around)
    marked = f"{text[left:start]}[{text[start:end]}]{text[end:right]}"
    return ("…" if left else "") + " ".join(marked.split()) + ("…" if right < len(text) else "")


def brief(value: object) -> str:
    """A value as Python writes it, for messages: cut short, however long or deep it is."""
    return _BRIEF.repr(value)


def shortened(text: str, most: int = 300) -> str:
    """At most so many characters of a text, for messages."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
