"""Opening a file that somebody handed over: is it text at all, in which encoding, and how long are its lines."""

import codecs
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 500_000_000
CHUNK = 1 << 20
_OTHER_FILES = {
    b"PK\x03\x04": "is a spreadsheet or an archive, not text. Save it as CSV (UTF-8) and import that.",
    b"\xd0\xcf\x11\xe0": "is an old spreadsheet or document, not text. Save it as CSV (UTF-8) and import that.",
    b"%PDF": "is a PDF, not text. Ask for the table as CSV.",
    b"\x1f\x8b": "is compressed. Unpack it first.",
    b"\xff\xfe": "is written in UTF-16. Save it as UTF-8 and import that.",
    b"\xfe\xff": "is written in UTF-16. Save it as UTF-8 and import that.",
}


class FileError(Exception):
    """The file as a whole cannot be read; the message is one sentence that says why."""


@dataclass(frozen=True)
class TextFile:
    """A file of text: its encoding as Python names it, how its text begins, and its longest line in bytes."""

    path: Path
    encoding: str
    begins: str
    longest_line: int


def inspect(path: Path) -> TextFile:
    """Look through a file once. UTF-8 with or without a mark, else Windows-1252, else Latin-1. Raises FileError."""
    name = path.name
    try:
        if not path.is_file():
            raise FileError(f"{name}: there is no such file." if not path.exists() else f"{name} is not a file.")
        size = path.stat().st_size
        if size == 0:
            raise FileError(f"{name} is empty.")
        if size > MOST_BYTES:
            raise FileError(f"{name} has {size:,} bytes, at most {MOST_BYTES:,} are read.")
        return _scan(path)
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror or error}.") from None


def _scan(path: Path) -> TextFile:
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_1252 = True, True
    lines, longest, current = 1, 0, 0
    with path.open("rb") as file:
        first = chunk = file.read(CHUNK)
        for magic, problem in _OTHER_FILES.items():
            if first.startswith(magic):
                raise FileError(f"{path.name} {problem}")
        while chunk:
            if (place := chunk.find(b"\0")) >= 0:
                line = lines + chunk.count(b"\n", 0, place)
                raise FileError(f"{path.name} is not text: line {line:,} holds a NUL byte.")
            is_utf8 = is_utf8 and _can_decode(utf8, chunk)
            is_1252 = is_1252 and not chunk.translate(None, _ALL_BUT_UNDEFINED)
            lines += chunk.count(b"\n")
            head, newline, tail = chunk.partition(b"\n")
            current += len(head)
            if newline:
                longest = max(longest, current, *map(len, tail.split(b"\n")[:-1] or [b""]))
                current = len(tail.rpartition(b"\n")[2])
            chunk = file.read(CHUNK)
    if is_utf8 and not _can_decode(utf8, b"", final=True):
        is_utf8 = False
    encoding = "utf-8-sig" if is_utf8 else "cp1252" if is_1252 else "latin-1"
    begins = first[:65536].decode(encoding, "ignore")
    return TextFile(path=path, encoding=encoding, begins=begins, longest_line=max(longest, current))


# The five bytes that Windows-1252 does not define.
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_ALL_BUT_UNDEFINED = bytes(sorted(set(range(256)) - set(_UNDEFINED)))


def _can_decode(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
