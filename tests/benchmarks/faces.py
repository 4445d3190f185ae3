"""Faces: how many synthetic ones are found, how fast, and how near to their landmarks.

    python tests/benchmarks/faces.py [--seed 1] [--every 1]

Every peak frame of CK+'s plan (560) is drawn, looked for, and cut by detection and by
its true landmarks; the cuts are compared where their corners lie in the frame. About a
minute on 2 cores that do nothing else.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from data_pipeline.images.crop import TEMPLATE, five_points, similarity
from data_pipeline.images.detector import Detector
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.synthetic.render.landmarks import landmarks
from data_pipeline.system.workers import usable_cores

CORNERS = np.array([0, 1, 1j, 1 + 1j])


def main():
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take each N-th face")
    args = parser.parse_args()
    rows = [row for row in plan(123, args.seed) if row.emotion is not None]
    rows = rows[:: args.every]
    pictures = [render_frame(row, row.peak, args.seed) for row in rows]
    detector = Detector()
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(detector.detect, pictures[:4]))  # the networks load here
        start = time.perf_counter()
        faces = list(pool.map(detector.detect, pictures))
        seconds = time.perf_counter() - start
    found = [at for at, face in enumerate(faces) if face is not None]
    missed = [row.name for at, row in enumerate(rows) if at not in set(found)]
    print(f"found {len(found)} of {len(rows)} ({len(found) / len(rows):.1%})")
    print(f"missed: {', '.join(missed) or 'none'}")
    print(f"{1000 * seconds / len(rows):.0f} ms an image on {usable_cores()} cores")
    apart = [
        distance(landmarks(rows[at], rows[at].peak, args.seed), faces[at].points)
        for at in found
    ]
    middle, most, worst = np.quantile(apart, [0.5, 0.95, 1.0])
    print(
        f"cut by detection and by landmarks: {middle:.3f} of the edge apart (median), "
        f"{most:.3f} (95 %), {worst:.3f} (all)"
    )


def distance(truth, points):
    """Measures how far two crops of a face are apart, in shares of their edge."""
    turn, shift = similarity(np.array(TEMPLATE), five_points(truth))
    other, moved = similarity(np.array(TEMPLATE), points)
    return np.abs((turn - other) * CORNERS + shift - moved).mean() / abs(turn)


if __name__ == "__main__":
    main()
