"""Finding and reading images and videos for prediction."""

import av
import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.decode import decode
from data_pipeline.media.face_crops import FaceCropper
from data_pipeline.media.media import find_files, read_media
from data_pipeline.system.errors import DataError, InputError
from tests.factories.exported_model import write_video

GREYS = (20, 80, 140, 200, 240)


def flat(value, size=(64, 48)):
    """Makes a picture of one grey."""
    return Image.new("RGB", size, (value,) * 3)


def noise(seed):
    """Makes a picture that takes many bytes."""
    values = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)
    return Image.fromarray(values)


@pytest.fixture
def video(tmp_path):
    """Five frames of rising brightness."""
    return write_video(tmp_path / "five.mp4", [flat(value) for value in GREYS])


def test_folders_are_searched_in_order(tmp_path):
    """A folder gives images and videos by name, nested ones too, not hidden ones."""
    others = (".hidden.png", ".git/d.png", "e.txt", "f.pdf")
    for name in ("b.png", "A.JPG", "deep/c.png", *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "f.Mp4").write_bytes(b"")
    files = find_files([tmp_path]).files
    found = [file.relative_to(tmp_path).as_posix() for file in files]
    assert found == ["A.JPG", "b.png", "f.Mp4", "deep/c.png"]
    named = find_files([tmp_path / "e.txt", tmp_path / "b.png"])
    assert [file.name for file in named.files] == ["e.txt", "b.png"]
    assert (named.others, named.links) == (0, 0)


def test_what_is_passed_over_is_counted(tmp_path):
    """Files of other kinds and linked folders are left out, and counted."""
    for name in ("in/a.png", "in/b.txt", "in/deep/c.csv", "in/.d.txt", "out/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "in/linked").symlink_to(tmp_path / "out")
    found = find_files([tmp_path / "in", tmp_path / "out"])
    assert [file.name for file in found.files] == ["a.png", "e.png"]
    assert (found.others, found.links) == (2, 1)


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.jxl", "a.avif"])
def test_kinds_that_are_not_read(tmp_path, name):
    """An unsupported image format is found, and its line has the way out."""
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic")
    (frame,) = read_media(find_files([tmp_path]).files, mode="L")
    assert frame.image is None
    assert f"{name[1:].lower()} files are not supported; convert it" in frame.reason
    flat(7).save(tmp_path / name, "png")
    (frame,) = read_media([tmp_path / name], mode="L")
    assert frame.reason == ""


def test_nothing_there_is_wrong_input(tmp_path):
    """A path that does not exist, and a folder without pictures, are named."""
    with pytest.raises(DataError, match=r"no such file or folder: .*none\.png"):
        find_files([tmp_path / "none.png"])
    with pytest.raises(DataError, match="no image or video in this folder"):
        find_files([tmp_path])


def test_videos_without_their_package_are_refused(video, monkeypatch):
    """Without PyAV, the way to install it is given before anything is read."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install -e '.\[video\]'"):
        find_files([video])


@pytest.mark.parametrize("every", [1, 2, 7])
def test_each_kth_frame(video, every):
    """Frames keep their numbers and times; each k-th is taken, the first always."""
    found = list(read_media([video], mode="L", every=every))
    wanted = range(0, len(GREYS), every)
    assert [frame.number for frame in found] == list(wanted)
    assert [frame.time for frame in found] == pytest.approx([n / 10 for n in wanted])
    means = [np.asarray(frame.image).mean() for frame in found]
    assert means == pytest.approx([GREYS[n] for n in wanted], abs=6)
    done = [frame.done for frame in found]
    assert done == sorted(done)
    assert done[-1] <= 1


def test_a_video_held_sideways_is_turned(tmp_path):
    """The rotation in a video file is applied."""
    picture = flat(20)
    picture.paste((230,) * 3, (0, 0, 64, 12))
    path = write_video(tmp_path / "turned.mp4", [picture] * 2, turned=90)
    frame = next(read_media([path], mode="RGB"))
    grey = np.asarray(frame.image.convert("L"), float)
    assert frame.image.size == (48, 64)
    # Turned to the left: what was above is at the left.
    assert grey[:, :10].mean() > 200
    assert grey[:, 20:].mean() < 60


@pytest.mark.parametrize("channels", [1, 3])
def test_a_photograph_is_decoded_as_in_training(tmp_path, channels):
    """An image's own orientation is applied, as in training."""
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(5).save(tmp_path / "a.jpg", exif=exif)
    mode = {1: "L", 3: "RGB"}[channels]
    (frame,) = read_media([tmp_path / "a.jpg"], mode=mode)
    assert frame.image.size == (48, 64)
    (crop,) = FaceCropper("centre_square", size=48, channels=channels).crop(frame.image)
    trained = decode(tmp_path / "a.jpg", size=48, channels=channels)
    np.testing.assert_array_equal(crop.pixels, trained)


def test_what_cannot_be_read_has_its_reason(tmp_path, video):
    """Damaged files give one frame each with the reason; the others are read."""
    whole = video.read_bytes()
    (tmp_path / "b.mp4").write_bytes(b"no video")
    (tmp_path / "c.mp4").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "d.png").write_bytes(b"no picture")
    flat(5).save(tmp_path / "e.png")
    files = [tmp_path / f"{name}" for name in ("b.mp4", "c.mp4", "d.png", "e.png")]
    found = list(read_media([*files, tmp_path / "gone.png"], mode="L"))
    broken = [frame for frame in found if frame.image is None]
    names = [frame.file.name for frame in broken]
    assert names == ["b.mp4", "c.mp4", "d.png", "gone.png"]
    assert all(frame.reason for frame in broken)
    assert "Invalid data" in broken[0].reason
    assert [frame.file.name for frame in found if frame.image] == ["e.png"]


def test_frames_before_the_damage_are_given(tmp_path):
    """A video that breaks off gives its frames, then the reason and their number."""
    pictures = [flat(value) for value in range(0, 240, 4)]
    path = write_video(tmp_path / "a.avi", pictures, codec="mjpeg")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = list(read_media([path], mode="L"))
    frames = [frame for frame in found if frame.image is not None]
    assert 10 < len(frames) < len(pictures)
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert f"after {len(frames)} frames: Invalid data" in found[-1].reason


def test_a_video_that_was_not_copied_to_its_end(tmp_path):
    """FFmpeg reads half a download without a word; here its end is a failure."""
    options = {"movflags": "faststart"}
    pictures = [flat(value) for value in range(0, 240, 8)]
    path = write_video(tmp_path / "a.mp4", pictures, options=options)
    whole = path.read_bytes()
    *_, last = read_media([path], mode="L")
    assert (last.reason, last.number) == ("", len(pictures) - 1)

    path.write_bytes(whole[: len(whole) * 3 // 4])
    *frames, last = read_media([path], mode="L", every=2)
    assert 1 < len(frames) < len(pictures) // 2
    assert all(frame.image is not None for frame in frames)
    assert f"the file announces {len(pictures)} of them" in last.reason


@pytest.mark.parametrize("name", ["a.mkv", "a.webm", "a.flv"])
def test_a_video_that_counts_no_frames(tmp_path, name):
    """Without a frame count, the announced length gives the end."""
    codec = {"a.webm": "libvpx", "a.flv": "flv1"}.get(name, "mpeg4")
    pictures = [noise(seed) for seed in range(60)]
    path = write_video(tmp_path / name, pictures, codec=codec)
    *_, last = read_media([path], mode="L")
    assert (last.reason, last.number) == ("", len(pictures) - 1)

    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    *frames, last = read_media([path], mode="L")
    assert 20 < len(frames) < 50
    assert "the file announces 6.0 s and ends after" in last.reason


def test_sound_after_the_last_picture(tmp_path):
    """A film whose sound is longer than its pictures is whole."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as file:
        film = file.add_stream("mpeg4", rate=10)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        sound = file.add_stream("pcm_s16le", rate=8000)
        sound.layout = "mono"
        for value in GREYS:
            file.mux(film.encode(av.VideoFrame.from_image(flat(value))))
        file.mux(film.encode())
        silence = np.zeros((1, 8000), np.int16)
        for second in range(2):
            heard = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            heard.sample_rate, heard.pts = 8000, 8000 * second
            file.mux(sound.encode(heard))
        file.mux(sound.encode())
    found = list(read_media([path], mode="L"))
    assert [frame.number for frame in found] == list(range(len(GREYS)))
