"""A process that caches images slowly, so that it can be met, waited for and killed.

    python -m tests.factories.processes.cache_process ROOT CACHE SECONDS_AN_IMAGE

Prints a JSON line for each step, then one with the images that it decoded.
"""

import json
import sys
import time
import zlib
from pathlib import Path

from data_pipeline.images import decode_table
from data_pipeline.images.cache import read_images
from tests.strategies.tables import sample, table_of, write_image

COUNT = 60
SIZE = 16


def table_in(root):
    """Makes a table of images in a folder, and the images where they are missing."""
    table = table_of([sample("S000", row) for row in range(COUNT)], root)
    for number, image in enumerate(table.frame["image"]):
        if not (root / image).exists():
            write_image(root / image, number)
    return table


def main():
    """Reads the images, telling all."""
    root, cache, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    decoded = []
    real = decode_table.decode_cropped

    def slow(path, **options):
        decoded.append(path.name)
        time.sleep(pause)
        return real(path, **options)

    decode_table.decode_cropped = slow
    decode_table.ROWS = 4
    images = read_images(
        table_in(root),
        size=SIZE,
        cache=cache,
        progress=lambda stage, done, _: tell({"stage": stage, "done": done}),
    )
    tell({"decoded": sorted(decoded), "pixels": zlib.crc32(images.array.tobytes())})


def tell(message):
    """Prints a line at once."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
