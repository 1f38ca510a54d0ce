"""The text of files from any system: UTF-8, UTF-16 or Windows-1252."""

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""With which files of an encoding begin."""

START = 65536
"""Bytes in which a zero shows that a file is no text."""


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a file, and the encoding.

    UTF-8 with or without mark, UTF-16 with one, else Windows-1252, which holds all
    letters of Latin-1.

    Raises:
        ValueError: if it is no text.
    """
    encoding = _encoding(content)
    if encoding != "utf-16" and b"\0" in content[:START]:
        raise ValueError("it is no text, or UTF-16 without the mark that begins it")
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "cp1252"


def first_lines(start: bytes) -> list[str]:
    """Return the lines in the first bytes of a file, [] if they are no text."""
    encoding = _encoding(start)
    if encoding != "utf-16" and b"\0" in start:
        return []
    return start.decode(encoding, errors="replace").splitlines()


def _encoding(content: bytes) -> str:
    return next((e for mark, e in MARKS.items() if content.startswith(mark)), "utf-8")
