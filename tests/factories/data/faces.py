"""Faces under test: a real one in the public domain, and synthetic ones."""

import numpy as np
from PIL import Image
from skimage import data

from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.synthetic.render.landmarks import landmarks

SEED = 1


def astronaut():
    """Eileen Collins, NASA, 1993: public domain, in scikit-image's wheel."""
    return Image.fromarray(data.astronaut())


def drawn_rows(count):
    """Picks peak frames of CK+'s counts, spread over all subjects."""
    rows = [row for row in plan(123, SEED) if row.emotion is not None]
    return [rows[at] for at in np.linspace(0, len(rows) - 1, count).astype(int)]


def drawn(row):
    """Draws a sequence's peak; returns it with its landmarks."""
    return render_frame(row, row.peak, SEED), landmarks(row, row.peak, SEED)
