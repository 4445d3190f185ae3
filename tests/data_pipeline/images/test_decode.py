"""Laws of decoding one image: crop, depth, colour, and damage of every kind."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from data_pipeline.images.decode import UnreadableError, decode


def square(values, tmp_path, channels=1, size=None, **options):
    """Writes an array as PNG and decodes it."""
    image = Image.fromarray(values)
    path = tmp_path / "image.png"
    image.save(path, **options)
    return decode(path, size=size or min(values.shape[:2]), channels=channels)


def test_identity(tmp_path):
    """A square grey image of the wanted size is kept to the bit."""
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(square(values, tmp_path)[..., 0], values)


def test_centre_square(tmp_path):
    """The crop is the largest square around the centre, in either direction."""
    values = np.zeros((10, 30), np.uint8)
    values[:, 10:20] = 200
    assert (square(values, tmp_path) == 200).all()
    assert (square(np.ascontiguousarray(values.T), tmp_path) == 200).all()


def test_antialiased(tmp_path):
    """A fine checkerboard shrinks to its mean, not to stripes."""
    values = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = square(values, tmp_path, size=8)
    assert np.abs(small.astype(int) - 127).max() <= 16


def test_sixteen_bits(tmp_path):
    """Sixteen bits are scaled to eight, not cut off at 255."""
    values = np.array([[0, 257], [32896, 65535]], np.uint16)
    assert square(values, tmp_path)[..., 0].tolist() == [[0, 1], [128, 255]]


def test_grey_and_colour(tmp_path):
    """Colours become luma for one channel; grey is repeated for three."""
    values = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    assert np.unique(square(values, tmp_path)).tolist() == [76]
    grey = np.full((4, 4), 99, np.uint8)
    assert (square(grey, tmp_path, channels=3) == 99).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_modes(tmp_path, mode):
    """Every usual mode becomes uint8 of the requested channels."""
    form = "tiff" if mode == "CMYK" else "png"
    Image.new(mode, (9, 7)).save(tmp_path / f"image.{form}")
    for channels in (1, 3):
        array = decode(tmp_path / f"image.{form}", size=5, channels=channels)
        assert array.shape == (5, 5, channels)
        assert array.dtype == np.uint8


def test_transparent_palette(tmp_path):
    """Half transparent colours of a palette are colours; nothing is warned of."""
    grey = Image.new("L", (4, 4), 130).convert("P")
    grey.save(tmp_path / "image.png", transparency=bytes([128] * 256))
    array = decode(tmp_path / "image.png", size=4, channels=1)
    assert np.unique(array).tolist() == [130]


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "P"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(tmp_path, mode, orientation):
    """A photograph held in any way gives the pixels of one that was held upright."""
    values = np.arange(96).reshape(8, 12) * 257
    grey = values.astype(np.uint16 if mode == "I;16" else np.uint8)
    upright = Image.fromarray(grey)
    upright = upright if mode == "I;16" else upright.convert(mode)
    upright.save(tmp_path / "upright.png")
    held = Image.Exif()
    held[0x0112] = orientation
    # What turns it back, for each of the eight ways to hold a camera.
    back = {5: 5, 7: 6, 6: 2, 8: 4, 3: 3, 2: 0, 4: 1}.get(orientation)
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    stored.save(tmp_path / "held.png", exif=held)
    for channels in (1, 3):
        np.testing.assert_array_equal(
            decode(tmp_path / "held.png", size=8, channels=channels),
            decode(tmp_path / "upright.png", size=8, channels=channels),
        )


def test_damaged_orientation(tmp_path):
    """Damage in a file's metadata does not lose its pixels."""
    Image.new("L", (8, 6), 90).save(tmp_path / "image.png", exif=b"Exif\0\0MM\0")
    assert (decode(tmp_path / "image.png", size=4, channels=1) == 90).all()


def test_float_pixels(tmp_path):
    """Floating-point pixels are refused, because their range is unknown."""
    Image.new("F", (4, 4)).save(tmp_path / "image.tiff")
    with pytest.raises(UnreadableError, match="floating-point"):
        decode(tmp_path / "image.tiff", size=4, channels=1)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(["png", "jpeg", "tiff", "gif"]), st.data())
def test_damaged(tmp_path, form, data):
    """A damaged file is decoded or refused with its name; nothing else is raised."""
    buffer = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(buffer, form)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    path = tmp_path / "damaged"
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            array = decode(path, size=4, channels=1)
        except UnreadableError as error:
            message = str(error)
        else:
            message = f"{path} of shape {array.shape}"
    assert str(path) in message
