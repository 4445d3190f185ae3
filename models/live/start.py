"""Starts the live view: check and open everything, warm up, then serve."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiohttp import web
from PIL import Image

from data_pipeline.images.decode import UnreadableError
from data_pipeline.media.crop_option import TRAINED
from data_pipeline.media.face_crops import FaceCropper, crop_in_use
from data_pipeline.media.media import MediaFrame, is_video
from data_pipeline.media.video import check_video, video_frames
from data_pipeline.system.errors import InputError
from data_pipeline.system.interrupts import on_interrupt
from data_pipeline.system.workers import usable_cores
from models.inference.predictor import Predictor
from models.inference.sidecar import Sidecar, model_file, read_sidecar
from models.live.page_info import page_info
from models.live.recording import recording
from models.live.security import HERE
from models.live.server import CAMERA, Live, application
from models.live.tracker import OLDEST
from models.live.viewer import FacePipeline

PrintLine = Callable[[str], None]
_SOURCES = "it is camera, or a video file that can be played"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command's options.

    ``source`` is a video, or ``None`` for the browser's camera; ``smooth`` the share
    kept of the last frame; ``exact`` detects the face in every frame; ``record`` is a
    new table for what is recorded, or ``None``; ``crop`` is how frames are cut.
    """

    source: Path | None
    port: int
    smooth: float
    exact: bool
    record: Path | None
    crop: str = TRAINED


def serve(model: Path, options: Options, print_line: PrintLine) -> None:
    """Serves the page until it is interrupted.

    ``model`` is its file or the folder of its run; ``print_line`` reports where the
    page is.

    Raises:
        InputError: the model, the video, the table or the port cannot be used.
    """
    path = model_file(model)
    card = read_sidecar(path)
    _check_source(options.source)
    with (
        _listening(options.port) as listener,
        recording(options.record, card) as table,
    ):
        pipeline = _pipeline(path, card, options)
        info = page_info(
            card,
            source=options.source,
            record=options.record,
            note=pipeline.face_cropper.note,
            detects=pipeline.face_cropper.detects_faces,
        )
        live = Live(
            pipeline=pipeline, source=options.source, record=table, page_info=info
        )
        with suppress(KeyboardInterrupt):  # one that comes before it listens
            asyncio.run(_serve(live, listener, print_line))
        print_line("stopped; " + info["stored"])


def _pipeline(path: Path, card: Sidecar, options: Options) -> FacePipeline:
    """Loads the model, and runs it and the detector once: that takes seconds."""
    wanted = card.input
    pipeline = FacePipeline(
        card=card,
        face_cropper=FaceCropper(
            crop_in_use(wanted.crop, options.crop),
            size=wanted.size,
            channels=wanted.channels,
        ),
        model=Predictor(path, cpus=max(1, usable_cores() - 1), at_once=1),
        smooth=options.smooth,
        oldest=0.0 if options.exact else OLDEST,
    )
    pipeline.model.check(card)
    pipeline.model.predict(
        np.zeros((1, wanted.size, wanted.size, wanted.channels), np.uint8)
    )
    warming = pipeline.viewer()
    warming.see(MediaFrame(file=CAMERA, image=Image.new("RGB", (320, 240))))
    warming.close()
    return pipeline


async def _serve(live: Live, listener: socket.socket, print_line: PrintLine) -> None:
    port = listener.getsockname()[1]
    runner = web.AppRunner(
        application(live, port), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        print_line(
            f"open http://{HERE}:{port} in a browser on this computer; Ctrl-C stops"
        )
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        with on_interrupt(lambda: loop.call_soon_threadsafe(ended.set)):
            await ended.wait()
    finally:
        await runner.cleanup()


def _check_source(source: Path | None) -> None:
    """Reads a video's first frame, to refuse one that cannot be played early."""
    if source is None:
        return
    if not source.exists():
        raise InputError(f"--source {source}: no such file; {_SOURCES}")
    if source.is_dir() or not is_video(source):
        raise InputError(f"--source {source}: {_SOURCES}; this is neither")
    check_video("omit --source to use the browser's camera")
    try:
        with closing(video_frames(source)) as played:
            next(played)
    except UnreadableError as error:
        raise InputError(f"--source: {error}; {_SOURCES}") from None


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Binds the port before anything slow is done."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HERE, port))
        except OSError as error:
            raise InputError(
                f"--port {port} cannot be used ({error.strerror}); choose "
                "another, or 0 for any"
            ) from None
        yield listener
