"""The live view's server: a page, what it must know, and a socket for frames."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from data_pipeline.media.media import MediaFrame
from data_pipeline.system.errors import HarnessError
from models.live.frames import camera_picture, paced, shown_picture
from models.live.recording import Recording
from models.live.security import guard, headers
from models.live.viewer import Judge, Viewer, told

PAGE = Path(__file__).parent / "page"
FILES = ("index.html", "page.css", "page.js", "rows.js")
CAMERA = Path("camera")
_LARGEST_MESSAGE = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Live:
    """What is served.

    ``source`` is a video to play, or ``None`` for the browser's camera; ``facts`` is
    told to the page.
    """

    judge: Judge
    source: Path | None
    record: Recording | None
    facts: dict[str, Any]


class Room:
    """Answers requests; the model has one thread, whoever asks."""

    def __init__(self, live: Live) -> None:
        """Starts the thread.

        Args:
            live: what is served.
        """
        self._live = live
        self._worker = ThreadPoolExecutor(1)

    async def facts(self, _request: web.Request) -> web.Response:
        """Tells the page what it shows."""
        return web.json_response(self._live.facts)

    async def camera(self, request: web.Request) -> web.WebSocketResponse:
        """Judges frames that a page sends; of those that wait only the newest."""
        socket = await _opened(request)
        viewer = self._live.judge.viewer()
        waiting: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(1)
        work = asyncio.create_task(self._answer(socket, viewer, waiting))
        number = 0
        try:
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    number += 1
                    with suppress(asyncio.QueueEmpty):
                        waiting.get_nowait()
                    waiting.put_nowait((number, message.data))
        finally:
            viewer.close()
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        return socket

    async def video(self, request: web.Request) -> web.WebSocketResponse:
        """Plays the source: each frame is sent after what is said of it."""
        socket = await _opened(request)
        viewer = self._live.judge.viewer()
        played = self._played(viewer)
        gone = asyncio.create_task(socket.receive())
        try:
            while not gone.done():
                said, jpeg = await self._work(next, played, ({"ended": True}, None))
                await socket.send_json(said)
                if jpeg is None:
                    break
                await socket.send_bytes(jpeg)
        except ConnectionError:
            pass
        finally:
            gone.cancel()
            viewer.close()
        await socket.close()
        return socket

    async def _answer(
        self,
        socket: web.WebSocketResponse,
        viewer: Viewer,
        waiting: asyncio.Queue[tuple[int, bytes]],
    ) -> None:
        try:
            with suppress(ConnectionError):
                while True:
                    number, jpeg = await waiting.get()
                    said = await self._work(self._judged, viewer, number, jpeg)
                    await socket.send_json({"number": number, **said})
        finally:
            # The page must not wait for answers that will not come.
            await socket.close()

    async def _work(self, *call: Any) -> Any:
        """Runs a call in the model's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, *call)

    def _judged(self, viewer: Viewer, number: int, jpeg: bytes) -> dict[str, Any]:
        try:
            picture = camera_picture(jpeg)
            return self._seen(
                viewer, MediaFrame(file=CAMERA, number=number, image=picture)
            )
        except HarnessError as error:
            return {"error": str(error)}

    def _played(self, viewer: Viewer) -> Any:
        source = self._live.source or CAMERA
        try:
            for played in paced(source):
                frame = MediaFrame(
                    file=source,
                    number=played.number,
                    time=played.time,
                    image=played.image,
                )
                yield self._seen(viewer, frame), shown_picture(played.image)
        except HarnessError as error:
            yield {"error": str(error)}, None

    def _seen(self, viewer: Viewer, frame: MediaFrame) -> dict[str, Any]:
        view = viewer.see(frame)
        if self._live.record is not None:
            self._live.record.add(view.judged)
        return told(view, self._live.judge.description)


async def _opened(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, heartbeat=20)
    await socket.prepare(request)
    return socket


def application(live: Live, port: int) -> web.Application:
    """Builds the server.

    Args:
        live: what is served.
        port: where it listens.

    Returns:
        An application of aiohttp; it answers pages of this computer alone.
    """
    room = Room(live)
    made = web.Application(middlewares=[guard(port)])
    always = headers(port)

    async def head(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(always)

    async def page(request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / (request.path.strip("/") or FILES[0]))

    made.on_response_prepare.append(head)
    for path in ("", *FILES):
        made.router.add_get(f"/{path}", page)
    made.router.add_get("/facts.json", room.facts)
    made.router.add_get("/frames", room.video if live.source else room.camera)
    return made
