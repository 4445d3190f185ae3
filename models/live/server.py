"""The live view's server: a page, what it shows of its model, a socket for frames."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from data_pipeline.media.media import MediaFrame
from data_pipeline.system.errors import HarnessError
from models.live.frames import camera_image, paced, page_image
from models.live.recording import Recording
from models.live.security import headers, origin_check
from models.live.viewer import FacePipeline, Viewer, view_message

PAGE = Path(__file__).parent / "page"
FILES = ("index.html", "page.css", "page.js", "faces.js", "plane.js", "rows.js")
PAUSE = "pause"
ORDERS = {"record": True, PAUSE: False}
"""What a page may send besides frames -> whether numbers are recorded from then on."""
CAMERA = Path("camera")
_LARGEST_MESSAGE = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Live:
    """What is served; ``source`` is a video, or ``None`` for the browser's camera."""

    pipeline: FacePipeline
    source: Path | None
    record: Recording | None
    page_info: dict[str, Any]


class Server:
    """Answers requests; the model has one thread for all viewers."""

    def __init__(self, live: Live) -> None:
        """Starts the thread."""
        self._live = live
        self._worker = ThreadPoolExecutor(1)

    async def page_info(self, _request: web.Request) -> web.Response:
        """Sends what the page shows beside the frames."""
        return web.json_response(self._live.page_info)

    async def camera(self, request: web.Request) -> web.WebSocketResponse:
        """Predicts frames that a page sends; of those that wait only the newest."""
        socket = await _opened(request)
        viewer = self._live.pipeline.viewer()
        waiting: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(1)
        work = asyncio.create_task(self._answer(socket, viewer, waiting))
        number = 0
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._obey(message.data)
                elif message.type == WSMsgType.BINARY:
                    number += 1
                    with suppress(asyncio.QueueEmpty):
                        waiting.get_nowait()
                    waiting.put_nowait((number, message.data))
        finally:
            self._obey(PAUSE)
            viewer.close()
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        return socket

    async def video(self, request: web.Request) -> web.WebSocketResponse:
        """Plays the source: each frame is sent after its prediction."""
        socket = await _opened(request)
        viewer = self._live.pipeline.viewer()
        played = self._played(viewer)
        gone = asyncio.create_task(self._listen(socket))
        try:
            while not gone.done():
                answer, jpeg = await self._work(next, played, ({"ended": True}, None))
                await socket.send_json(answer)
                if jpeg is None:
                    break
                await socket.send_bytes(jpeg)
        except ConnectionError:
            pass
        finally:
            self._obey(PAUSE)
            gone.cancel()
            viewer.close()
        await socket.close()
        return socket

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        """Obeys a page that sends no frames, until it is gone."""
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._obey(message.data)

    def _obey(self, order: str) -> None:
        """Starts or stops the recording; other words are ignored."""
        if self._live.record is not None and order in ORDERS:
            self._live.record.on = ORDERS[order]

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
                    answer = await self._work(self._predicted, viewer, number, jpeg)
                    await socket.send_json({"number": number, **answer})
        finally:
            # The page must not wait for answers that will not come.
            await socket.close()

    async def _work(self, *call: Any) -> Any:
        """Runs a call in the model's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, *call)

    def _predicted(self, viewer: Viewer, number: int, jpeg: bytes) -> dict[str, Any]:
        try:
            image = camera_image(jpeg)
            frame = MediaFrame(file=CAMERA, number=number, image=image)
            return self._message(viewer, frame)
        except HarnessError as error:
            return {"error": str(error)}

    def _played(self, viewer: Viewer) -> Iterator[tuple[dict[str, Any], bytes | None]]:
        source = self._live.source or CAMERA
        try:
            for played in paced(source):
                frame = MediaFrame(
                    file=source,
                    number=played.number,
                    time=played.time,
                    image=played.image,
                )
                yield self._message(viewer, frame), page_image(played.image)
        except HarnessError as error:
            yield {"error": str(error)}, None

    def _message(self, viewer: Viewer, frame: MediaFrame) -> dict[str, Any]:
        view, record = viewer.see(frame), self._live.record
        message = view_message(view, self._live.pipeline.card)
        if record is None:
            return message
        record.add(view)
        return message | {"recording": record.on, "recorded": record.lines}


async def _opened(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=_LARGEST_MESSAGE, heartbeat=20)
    await socket.prepare(request)
    return socket


def application(live: Live, port: int) -> web.Application:
    """Builds the server; it answers pages of this computer only."""
    server = Server(live)
    app = web.Application(middlewares=[origin_check(port)])
    always = headers(port)

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(always)

    async def page(request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / (request.path.strip("/") or FILES[0]))

    app.on_response_prepare.append(add_headers)
    for path in ("", *FILES):
        app.router.add_get(f"/{path}", page)
    app.router.add_get("/page_info.json", server.page_info)
    app.router.add_get("/frames", server.video if live.source else server.camera)
    return app
