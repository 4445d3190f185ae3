"""Images at scale: how long the first and the second start take, and how much memory.

    python tests/benchmarks/images.py [--counts 5000 20000 50000] [--work DIR]

Small grey pictures are drawn and written as PNG files in folders of fifty; one table
names the first N of them. For each N a new process reads them into a new cache, and
five more processes, one after another, find them there. The second start is what
``read_images`` takes in these: the median, the longest, and the median of processor
time, which other work on the machine lengthens less. Memory is what the first process
had resident before, and at most (the kernel's own count).
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.images.cache import read_images

EDGE = 48
AGAIN = 5


def main():
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[5000, 20000, 50000])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(measure(args.work, args.one)))
        return
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        work = Path(folder)
        draw(work / "data", max(args.counts))
        time.sleep(2)  # files that were written in this moment would be hashed again
        print("images  first start s  images/s  before MB  peak MB  second start s")
        for count in args.counts:
            first, *again = [in_a_process(work, count) for _ in range(1 + AGAIN)]
            seconds = [found["seconds"] for found in again]
            processor = statistics.median(found["processor"] for found in again)
            print(
                f"{count:6}  {first['seconds']:13.1f}"
                f"  {count / first['seconds']:8.0f}"
                f"  {first['before']:9.0f}  {first['peak']:7.0f}"
                f"  {statistics.median(seconds):.3f}"
                f" (longest {max(seconds):.3f}, processor {processor:.3f})"
            )


def draw(root, count):
    """Writes pictures of stripes that meet; no two are the same."""
    across, down = np.meshgrid(np.arange(EDGE), np.arange(EDGE))
    grain = np.random.default_rng(0).normal(0, 6, (16, EDGE, EDGE))
    for number in range(count):
        path = root / name(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        stripes = np.sin(across / (3 + number % 7)) + np.cos(down / (2 + number % 11))
        pixels = (128 + 40 * stripes + grain[number % 16]).clip(0, 255)
        pixels[0, :3] = number % 256, number // 256 % 256, number // 65536
        Image.fromarray(pixels.astype(np.uint8)).save(path)


def name(number):
    """Names a picture."""
    return f"images/{number // 50:04d}/{number:06d}.png"


def in_a_process(work, count):
    """Reads the first pictures in a process of its own."""
    words = [__file__, "--work", work, "--one", count]
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *map(str, words)], check=True, stdout=subprocess.PIPE
    )
    return json.loads(ended.stdout)


def measure(work, count):
    """Reads pictures; returns seconds, and megabytes resident before and at most."""
    row = {"subject": None, "sequence": None, "emotion": None, "place": "synthetic"}
    row |= {"high_level_emotion": None, "action_units": {}}
    samples = [Sample(image=name(number), **row) for number in range(count)]
    table = sample_table(
        samples, root=work / "data", action_units=(), source="synthetic", channels=1
    )
    del samples
    before = psutil.Process().memory_info().rss
    start, worked = time.perf_counter(), time.process_time()
    read_images(table, size=EDGE, cache=work / f"cache-{count}")
    seconds, processor = time.perf_counter() - start, time.process_time() - worked
    # Kilobytes on Linux.
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "processor": processor,
        "before": before / 1e6,
        "peak": peak / 1e6,
    }


if __name__ == "__main__":
    main()
