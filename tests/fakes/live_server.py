"""The live view's server under test: a fixed detector, frames, and a client."""

import asyncio
import io
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import numpy as np
from aiohttp import web

from data_pipeline.images.detector import Face
from data_pipeline.media.face_crops import FaceCropper
from models.inference.predictor import Predictor
from models.inference.sidecar import read_sidecar
from models.live.page_info import page_info
from models.live.security import HERE
from models.live.server import Live, application
from models.live.viewer import FacePipeline
from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import SIZE, exported

FRAMES = 5


OTHER = (10.0, 20.0, 60, 80)
"""Where a picture's upper left corner is white, a second face is found here."""


class FixedDetector:
    """Finds the drawn face where it is, by its landmarks; nothing in flat pictures."""

    def detect(self, picture):
        """Finds the one face."""
        if np.ptp(np.asarray(picture)) < 20:
            return None
        points = np.array([[250, 200], [390, 200], [320, 270], [260, 350], [380, 350]])
        return Face(points=points * 1.0, confidence=0.9, box=(200.0, 100.0, 240, 300))

    def detect_all(self, picture):
        """Finds all there are."""
        found = self.detect(picture)
        if found is None:
            return ()
        second = replace(found, box=OTHER, points=found.points * 0.6)
        return (
            (found, second) if picture.convert("L").getpixel((0, 0)) > 250 else (found,)
        )


def exact_pipeline(folder):
    """Makes a tiny model, exact and not smoothed, whose detector takes no time."""
    model = exported(folder, crop="detect")
    card = read_sidecar(model)
    return FacePipeline(
        card=card,
        face_cropper=FaceCropper(
            card.input.crop, size=SIZE, channels=1, detector=FixedDetector()
        ),
        model=Predictor(model, cpus=1, at_once=1),
        smooth=0.0,
        oldest=0.0,
    )


def camera_pictures():
    """Draws faces as a camera shows them."""
    rows = drawn_rows(FRAMES)
    return [drawn(row)[0].convert("RGB").resize((640, 480)) for row in rows]


def jpeg(picture):
    """Encodes a frame nearly without loss."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=98, subsampling=0)
    return file.getvalue()


def live_of(pipeline, *, source=None, record=None):
    """Returns what is served."""
    message = page_info(
        pipeline.card,
        source=source,
        record=None,
        note="",
        detects=pipeline.face_cropper.detects_faces,
    )
    return Live(pipeline=pipeline, source=source, record=record, page_info=message)


@asynccontextmanager
async def served(live):
    """Serves on a free port; yields a client and the address."""
    async with aiohttp.ClientSession() as session:
        runner = None
        try:
            listener = await asyncio.get_running_loop().create_server(
                asyncio.Protocol, HERE, 0
            )
            port = listener.sockets[0].getsockname()[1]
            listener.close()
            runner = web.AppRunner(
                application(live, port), access_log=None, shutdown_timeout=1.0
            )
            await runner.setup()
            await web.TCPSite(runner, HERE, port).start()
            yield session, f"http://{HERE}:{port}"
        finally:
            await runner.cleanup()


def talk(live, conversation):
    """Serves, and has a conversation with the server."""

    async def held():
        async with served(live) as (session, address):
            return await conversation(session, address)

    return asyncio.run(held())


def answers(live, messages):
    """Sends frames one after another, and orders; returns the answer to each frame."""

    async def sent(session, address):
        lines = []
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            for message in messages:
                if isinstance(message, str):
                    await socket.send_str(message)
                    continue
                await socket.send_bytes(message)
                lines.append(await socket.receive_json(timeout=60))
        return lines

    return talk(live, sent)
