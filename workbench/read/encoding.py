"""Bytes to text: UTF-8 where it can be, else the encoding that fits, said once; what is no text is refused."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from workbench.core import files
from workbench.core.errors import InputError
from workbench.core.files import bounded_text
from workbench.read.row import Source, suffix

_CHUNK = 1 << 20
# What is looked through before the first row comes out: some tenths of a second, whatever the file's size.
_LOOKED_THROUGH = 16 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# First bytes of what people name by mistake, and what to do about it.
_BINARY = (
    (b"%PDF", "a PDF", "save its text as .txt"),
    (b"PK\x03\x04", "a zip or Office file", "save it as .txt, .html or .csv"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save it as .txt, .html or .csv"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"\x1f\x8b", "a gzip file", "name it .gz"),
    (b"\x89PNG", "an image", "only text can be read"),
    (b"\xff\xd8\xff", "an image", "only text can be read"),
)
# Up to this share of bytes beyond ASCII, or this many in a short text, Western European is the likeliest (quotes,
# dashes, a few names), and a detector has too little to go by. With more of them it has enough.
_FEW_SHARE, _FEW = 0.05, 8
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset=["']?\s*([\w-]+)""", re.IGNORECASE)


@contextmanager
def open_bytes(source: Source) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where it is .gz. Raises InputError where it is missing, forbidden or damaged."""
    path = source.path
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
            yield file  # type: ignore[misc]  # GzipFile is an IO[bytes] in all that is used here
    except FileNotFoundError:
        raise InputError(f"{path} is not there; check the path") from None
    except PermissionError:
        raise InputError(f"{path} may not be read by this user; change its permissions") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path} is damaged or no gzip file ({error}); fetch it again") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); check the path") from None


@contextmanager
def open_decoded(source: Source, *, newline: str | None = None) -> Iterator[IO[str]]:
    """The file as text, one line at a time, whatever its encoding; an encoding that is not UTF-8 goes to the report.

    Its first 16 MiB are looked through first, so that no line of a file of that size can turn out wrong later.
    Raises InputError for an empty file, a binary one, and UTF-8 with a damaged byte; in a larger file perhaps only
    when that byte is reached.
    """
    encoding = encoding_of(source)
    if encoding not in ("utf-8", "utf-8-sig"):
        source.report.encodings.append((str(source), encoding))
    try:
        with open_bytes(source) as raw, io.TextIOWrapper(raw, encoding=encoding, newline=newline) as text:
            yield text
    except UnicodeDecodeError as error:
        raise _damage_further_on(source, encoding, error) from None


def read_text(source: Source) -> str:
    """All of a file that is one text. Raises InputError for one that is too long for memory."""
    with open_decoded(source) as file:
        return bounded_text(file, where=str(source), most=files.LONGEST_LINE)


def encoding_of(source: Source) -> str:
    """The encoding of a file that is all text. Raises InputError where it is none."""
    with open_bytes(source) as file:
        head = file.read(_CHUNK)
        if not head.strip():
            raise InputError(f"{source} is empty; expected text")
        encoding = _marked(head) or _wide(head)
        if encoding is None:
            _refuse_binary(head, source)
            encoding = "utf-8"
        damage = _first_damage(file, head, encoding, within=_LOOKED_THROUGH)
    if damage is None:
        return encoding
    if encoding != "utf-8" or damage.had_wide:
        raise _damaged(source, encoding, damage)
    page = suffix(source.path) in (".html", ".htm")
    return (_declared(head) if page else None) or _single_byte(damage.around if head.isascii() else head, source)


def _damaged(source: Source, encoding: str, damage: "_Damage") -> InputError:
    name = encoding.removesuffix("-sig").upper()
    return InputError(
        f"{source} line {damage.line} is damaged: the file is {name}, but its byte {damage.offset:,} "
        f"({damage.byte:02x}) is not; mend that line or save the file anew"
    )


def _damage_further_on(source: Source, encoding: str, error: UnicodeDecodeError) -> InputError:
    """The sentence for a byte behind what was looked through; finding its line means going through it again."""
    with open_bytes(source) as file:
        damage = _first_damage(file, file.read(_CHUNK), encoding)
    if damage is None:
        return InputError(f"{source} looked like {encoding}, but {error.reason}; save it as UTF-8")
    return _damaged(source, encoding, damage)


@dataclass(frozen=True, slots=True)
class _Damage:
    """The first byte that does not fit an encoding: its line (from 1), its offset, and the bytes around it.

    `had_wide`: sound characters beyond ASCII came before it, so the encoding is right and the byte is wrong.
    """

    line: int
    offset: int
    byte: int
    around: bytes
    had_wide: bool


def _first_damage(file: IO[bytes], head: bytes, encoding: str, *, within: int | None = None) -> _Damage | None:
    """The first damage, or the first among `within` bytes or a little more."""
    decoder = codecs.getincrementaldecoder(encoding)()
    chunk, offset, line, had_wide, pending = head, 0, 1, False, b""
    while True:
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            sound = error.object[: error.start].decode(encoding, "ignore")
            start = offset - len(pending) + error.start
            wide = had_wide or not sound.isascii()
            around = bytes(error.object[max(0, error.start - 4096) :])
            return _Damage(line + sound.count("\n"), start, error.object[error.start], around, wide)
        if not chunk:
            return None
        had_wide = had_wide or not text.isascii()
        line += text.count("\n")
        offset += len(chunk)
        pending = decoder.getstate()[0]
        chunk = file.read(_CHUNK)
        if within is not None and offset >= within and chunk:
            return None


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: in Latin script every second byte is zero."""
    start = head[:4096]
    if start.count(0) < len(start) // 4 or len(start) < 4:
        return None
    even, odd = start[::2].count(0), start[1::2].count(0)
    if min(even, odd) > max(even, odd) // 8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _refuse_binary(head: bytes, source: Source) -> None:
    for mark, kind, remedy in _BINARY:
        if head.startswith(mark):
            raise InputError(f"{source} is {kind}, not text; {remedy}")
    control = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x0b\x1b\x1a")
    if b"\0" in head or control > max(8, len(head) // 50):
        raise InputError(f"{source} is a binary file, not text; save its text as .txt, .html or .csv")


def _declared(head: bytes) -> str | None:
    """What an HTML page says of itself, if that decodes it."""
    found = _DECLARED.search(head[:4096])
    if found is None:
        return None
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
        head.decode(name)
    except (LookupError, UnicodeDecodeError):
        return None
    # Browsers read what calls itself Latin-1 or ASCII as cp1252, and so do the pages' authors.
    return "cp1252" if name in ("iso8859-1", "ascii", "utf-8") else name


def _single_byte(sample: bytes, source: Source) -> str:
    """An older encoding that fits the sample. Raises InputError where none does."""
    beyond = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if beyond <= max(_FEW_SHARE * len(sample), min(_FEW, len(sample) / 4)) and _decodes(sample, "cp1252"):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample[: 1 << 18]).best()
    if best is None:
        raise InputError(f"{source} is text in no known encoding; save it as UTF-8")
    return str(best.encoding)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
