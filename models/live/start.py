"""All that the live view needs is checked, opened and warmed; then it serves."""

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
from data_pipeline.media.face_crops import FaceCropper
from data_pipeline.media.media import MediaFrame, is_video
from data_pipeline.media.video import check_video, video_frames
from data_pipeline.system.errors import InputError
from data_pipeline.system.interrupts import on_interrupt
from data_pipeline.system.workers import usable_cores
from models.inference.model_card import Description, model_file, read_description
from models.inference.predictor import Inference
from models.live.page_info import facts
from models.live.recording import recording
from models.live.security import HERE
from models.live.server import CAMERA, Live, application
from models.live.tracker import OLDEST
from models.live.viewer import Judge

Say = Callable[[str], None]
_SOURCES = "it is camera, or a video file that can be played"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person asked for.

    ``source`` is a video, or ``None`` for the browser's camera; ``smooth`` is kept of
    the last frame; ``exact`` finds the face anew in every frame; ``record`` is a new
    table, or ``None``.
    """

    source: Path | None
    port: int
    smooth: float
    exact: bool
    record: Path | None


def serve(model: Path, options: Options, say: Say) -> None:
    """Serves the page until it is interrupted.

    Args:
        model: the model's file, or the folder of its run.
        options: what was asked for.
        say: told where the page is.

    Raises:
        InputError: the model, the video, the table or the port cannot be used.
    """
    path = model_file(model)
    description = read_description(path)
    _check_source(options.source)
    with (
        _listening(options.port) as listener,
        recording(options.record, description) as table,
    ):
        judge = _judge(path, description, options)
        told = facts(
            description,
            source=options.source,
            record=options.record,
            note=judge.face_cropper.note,
        )
        live = Live(judge=judge, source=options.source, record=table, facts=told)
        with suppress(KeyboardInterrupt):  # one that comes before it listens
            asyncio.run(_serve(live, listener, say))
        say("stopped; " + told["stored"])


def _judge(path: Path, description: Description, options: Options) -> Judge:
    """Loads the model, and has it and the detector work once: that takes seconds."""
    wanted = description.input
    judge = Judge(
        description=description,
        face_cropper=FaceCropper(
            wanted.crop, size=wanted.size, channels=wanted.channels
        ),
        model=Inference(path, cpus=max(1, usable_cores() - 1), at_once=1),
        smooth=options.smooth,
        oldest=0.0 if options.exact else OLDEST,
    )
    judge.model.check(description)
    judge.model.predict(
        np.zeros((1, wanted.size, wanted.size, wanted.channels), np.uint8)
    )
    warming = judge.viewer()
    warming.see(MediaFrame(file=CAMERA, image=Image.new("RGB", (320, 240))))
    warming.close()
    return judge


async def _serve(live: Live, listener: socket.socket, say: Say) -> None:
    port = listener.getsockname()[1]
    runner = web.AppRunner(
        application(live, port), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        say(f"open http://{HERE}:{port} in a browser on this computer; Ctrl-C stops")
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        with on_interrupt(lambda: loop.call_soon_threadsafe(ended.set)):
            await ended.wait()
    finally:
        await runner.cleanup()


def _check_source(source: Path | None) -> None:
    """Reads a video's first frame: what cannot be played is told before all else."""
    if source is None:
        return
    if not source.exists():
        raise InputError(f"--source {source}: no such file; {_SOURCES}")
    if source.is_dir() or not is_video(source):
        raise InputError(f"--source {source}: {_SOURCES}; this is none")
    check_video("leave --source out, for the browser's camera")
    try:
        with closing(video_frames(source)) as played:
            next(played)
    except UnreadableError as error:
        raise InputError(f"--source: {error}; {_SOURCES}") from None


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Takes the port before anything slow is done."""
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
