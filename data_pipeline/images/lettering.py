"""Text on pictures, in a font that comes with Matplotlib: the same everywhere."""

from functools import lru_cache

from PIL import ImageDraw, ImageFont

from data_pipeline.system.terminal import one_line

ELLIPSIS = "\u2026"


@lru_cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Loads the font at a height in pixels."""
    from matplotlib import get_data_path  # noqa: PLC0415 - takes a tenth of a second

    name = "DejaVuSans-Bold" if bold else "DejaVuSans"
    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{name}.ttf", size)


def fitted(text: str, width: float, letters: ImageFont.FreeTypeFont) -> str:
    """Shortens a line to a width in pixels; control characters are escaped.

    Example:
        >>> fitted("happiness", 1000, font(12))
        'happiness'
        >>> fitted("happiness", 50, font(12))
        'happi…'
    """
    line = one_line(text)
    if letters.getlength(line) <= width:
        return line
    while line and letters.getlength(line + ELLIPSIS) > width:
        line = line[:-1]
    return line + ELLIPSIS


def write_line(  # noqa: PLR0913 - what is written, where, and how
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    *,
    size: int,
    width: float,
    bold: bool = False,
    fill: str = "#1a1a1a",
) -> None:
    """Writes a line with its upper left corner at a place, no wider than a width."""
    letters = font(size, bold=bold)
    draw.text(place, fitted(text, width, letters), font=letters, fill=fill)
