"""Small pictures of every format and mode that is read, and headers of huge ones."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIDE = 24
MODES = {
    "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "jpeg": ("L", "RGB", "CMYK"),
    "gif": ("L", "P", "RGB"),
    "bmp": ("1", "L", "P", "RGB", "RGBA"),
    "tiff": ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "F"),
    "webp": ("RGB", "RGBA"),
    "ppm": ("1", "L", "RGB", "I;16"),
}
"""Format -> modes that Pillow writes it in."""


def picture(mode="RGB"):
    """Draws noise of a mode."""
    pixels = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    image = Image.fromarray(pixels)
    if mode.startswith("I"):
        grey = np.asarray(image.convert("L"))
        kind = np.uint16 if mode == "I;16" else np.int32
        return Image.fromarray(grey.astype(kind) * 257)
    if mode == "LAB":
        return Image.new("LAB", (SIDE, SIDE), (120, 3, 250))
    return image.convert(mode)


def written(form, mode="RGB", **options):
    """Writes a picture."""
    file = io.BytesIO()
    picture(mode).save(file, form, **options)
    return file.getvalue()


def animated(form, frames=4):
    """Writes a picture that moves."""
    turned = [picture().rotate(90 * number) for number in range(1, frames)]
    return written(form, save_all=True, append_images=turned, duration=50)


def turned(form):
    """Writes a picture with EXIF's orientation, and a long text in it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "\x1b[31mred\x1b[0m" * 20
    return written(form, exif=exif)


def chunk(kind, content):
    """Makes a chunk of PNG with its checksum."""
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def huge_png(width, height):
    """Makes a PNG that declares many pixels and has a few kilobytes of them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20))
    parts = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def huge_bmp(width, height):
    """Makes a BMP that declares many pixels and has none."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 1, 1, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def text_bomb():
    """Makes a PNG whose text has megabytes when it is unpacked."""
    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    text = b"a\0\0" + zlib.compress(bytes(80 << 20), 9)
    rows = zlib.compress(bytes(20))
    parts = chunk(b"IHDR", header), chunk(b"zTXt", text), chunk(b"IDAT", rows)
    return b"\x89PNG\r\n\x1a\n" + b"".join((*parts, chunk(b"IEND", b"")))


PICTURES = (
    *(written(form, mode) for form, modes in MODES.items() for mode in modes),
    *(animated(form) for form in ("gif", "webp", "png", "tiff")),
    *(turned(form) for form in ("jpeg", "png", "webp", "tiff")),
    written("jpeg", progressive=True, quality=30),
    written("png", "P", transparency=3),
    written("tiff", compression="tiff_lzw"),
    written("tiff", compression="tiff_adobe_deflate"),
)
HUGE = (
    *(huge_png(side, side) for side in (12_000, 60_000, 2**31 - 1)),
    *(huge_png(1, 2**31 - 1), huge_png(0, 4), huge_png(2**20, 1)),
    *(huge_bmp(30_000, 30_000), huge_bmp(-4, 4), huge_bmp(2**31 - 1, -(2**31))),
    *(text_bomb(), b"P5 99999 99999 255\n\0", b"GIF89a\xff\xff\xff\xff\0\0\0;"),
    *(b"", b"\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0\x08\0\0\0", b"BM"),
)
"""Contents that declare far more than they hold, or nothing."""
