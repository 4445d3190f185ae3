"""Bytes and cells of text, damaged by a disk, a person or an attacker."""

import os
import random
from collections.abc import Callable

from hypothesis import strategies as st

DRAWS = st.randoms(use_true_random=True)
"""Where structure does not matter, one number draws a whole damage."""

WORDS = (
    *("", " ", "0", "-1", "1", "0.5", "nan", "inf", "1e999", "-0.0", "0x10", "1_0"),
    *("9" * 400, "9" * 5000, "a" * 20_000, "\u0661", "\uff11", "null", "true", "[]"),
    *("\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x07", "\x08", "\x9b2J", "\x7f"),
    *("\u202eevil", "\u2066", "\u2028", "\r", "\n", "\x00", "\ud800", "\udcff", "é"),
    *("../../../outside", "/outside", "C:\\outside", "~", ".", "..", "//", "a/../.."),
    *("%s%n", "{0}", "{x.__class__}", "${HOME}", "$(id)", "=1+1", "<script>", "'\""),
    *("json:dumps", "no.such:thing", "sqlite://", "http://127.0.0.1:9/x", "🙂" * 40),
)
"""Cells, names and values that once broke a program."""

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32)


def encoded(text: str) -> bytes:
    """Encodes any text; half a pair becomes a byte that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape" if _is_bytes(text) else "replace")


def shell_word(text: str) -> str:
    """Returns a text as a shell can pass it: bytes without zeros."""
    return os.fsdecode(encoded(text).replace(b"\0", b""))


def _is_bytes(text: str) -> bool:
    return all(
        not 0xD800 <= ord(one) <= 0xDFFF or 0xDC80 <= ord(one) <= 0xDCFF for one in text
    )


def damaged_bytes(whole: bytes, *, most: int = 6) -> st.SearchStrategy[bytes]:
    """Draws a copy of a file with one to ``most`` edits of its bytes."""
    return DRAWS.map(lambda draw: edited(whole, draw, most=most))


def edited(whole: bytes, draw: random.Random, *, most: int = 6) -> bytes:
    """Edits some bytes of a file; most edits are near its start, where headers are."""
    content = bytearray(whole)
    for _ in range(draw.randint(1, most)):
        draw.choice(EDITS)(content, _place(content, draw), draw)
    return bytes(content)


def _place(content: bytearray, draw: random.Random) -> int:
    near = min(len(content), 128)
    return draw.randint(0, draw.choice((near, len(content), len(content))))


def _flip(content: bytearray, place: int, draw: random.Random) -> None:
    if place < len(content):
        content[place] ^= 1 << draw.randrange(8)


def _overwrite(content: bytearray, place: int, draw: random.Random) -> None:
    noise = draw.randbytes(draw.choice((1, 2, 4, 64)))
    content[place : place + len(noise)] = noise


def _number(content: bytearray, place: int, draw: random.Random) -> None:
    size = draw.choice((1, 2, 4, 8))
    number = draw.choice(NUMBERS) % (1 << 8 * size)
    content[place : place + size] = number.to_bytes(
        size, draw.choice(("big", "little"))
    )


def _insert(content: bytearray, place: int, draw: random.Random) -> None:
    content[place:place] = encoded(draw.choice(WORDS))


def _delete(content: bytearray, place: int, draw: random.Random) -> None:
    del content[place : place + draw.choice((1, 2, 16, 512))]


def _repeat(content: bytearray, place: int, draw: random.Random) -> None:
    piece = content[place : place + draw.choice((1, 16, 256))]
    content[place:place] = piece * draw.choice((1, 2, 50))


def _cut(content: bytearray, place: int, draw: random.Random) -> None:
    if draw.random() < 0.5:
        del content[place:]


EDITS: tuple[Callable[[bytearray, int, random.Random], None], ...] = (
    *(_flip, _overwrite, _number, _insert, _delete, _repeat, _cut),
)


def damaged_table(whole: bytes) -> st.SearchStrategy[bytes]:
    """Draws a copy of a text table with other cells, rows, or bytes."""
    rows = DRAWS.map(lambda draw: _other_cells(whole, draw))
    return st.one_of(rows, rows, damaged_bytes(whole))


def _other_cells(whole: bytes, draw: random.Random) -> bytes:
    """Changes one to three cells or lines."""
    lines = whole.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        number = draw.choice((0, draw.randrange(len(lines))))
        kind = draw.randrange(6)
        if kind == 0:
            lines.insert(number, draw.choice(lines))
        elif kind == 1 and len(lines) > 1:
            del lines[number]
        else:
            lines[number] = _other_cell(lines[number], draw)
    return b"\n".join(lines)


def _other_cell(line: bytes, draw: random.Random) -> bytes:
    separator = max((b",", b";", b"\t", b" "), key=line.count)
    cells = line.split(separator)
    place = draw.randrange(len(cells))
    kind = draw.randrange(8)
    if kind == 0:
        del cells[place]
    elif kind == 1:
        cells.insert(place, draw.choice(cells))
    else:
        cells[place] = encoded(draw.choice(WORDS))
    return separator.join(cells)
