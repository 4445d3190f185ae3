"""How many frames a second the live view judges, and how old its faces' places are.

    python tests/benchmarks/live.py [--seconds S] [--exact]

Starts ``models.live`` with a small untrained residual CNN that cuts detected faces, and
sends it synthetic faces of 640 x 480 pixels as the page does: as JPEG, two at a time.
The browser's own work is not in it.
"""

import argparse
import asyncio
import io
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp
import numpy as np

from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import exported
from tests.factories.runs import started

IN_FLIGHT = 2
PICTURES = 24
SMALL = {"backbone__blocks": 2, "backbone__filters": 32, "head__dense_units": 64}


def jpegs():
    """Draws what the camera shows."""
    frames = []
    for row in drawn_rows(PICTURES):
        file = io.BytesIO()
        drawn(row)[0].convert("RGB").resize((640, 480)).save(file, "JPEG", quality=90)
        frames.append(file.getvalue())
    return frames


async def talked(address, seconds):
    """Keeps two frames in flight; returns when answers came, and the ages."""
    frames, times, ages, sent = jpegs(), [], [], 0
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/frames", origin=address) as socket,
    ):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while sent < len(times) + IN_FLIGHT:
                await socket.send_bytes(frames[sent % PICTURES])
                sent += 1
            message = await socket.receive_json(timeout=60)
            times.append(time.monotonic())
            ages.append(message["behind"])
    return np.array(times), np.array(ages)


def main():
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--exact", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = exported(Path(folder), crop="detect", size=48, **SMALL)
        words = ("--exact",) if args.exact else ()
        process = started("models.live", "--model", model, "--port", "0", *words)
        address = re.search(r"http://\S+", process.stdout.readline()).group()
        times, ages = asyncio.run(talked(address, args.seconds))
        process.send_signal(signal.SIGINT)
        process.communicate()
    seconds = np.diff(times)
    worst = min(np.histogram(times, np.arange(times[0], times[-1] - 1))[0])
    print(f"frames a second: {1 / seconds.mean():.1f}, worst second {worst}")
    print(
        f"a frame takes: median {1000 * np.median(seconds):.0f} ms, "
        f"longest {1000 * seconds.max():.0f} ms"
    )
    print(
        f"the face was located: median {1000 * np.median(ages):.0f} ms, "
        f"at most {1000 * ages.max():.0f} ms before"
    )


if __name__ == "__main__":
    main()
