"""Synthetic faces written in the layouts of real data sets."""

from collections.abc import Mapping

from data_pipeline.synthetic.layouts import (
    affectnet,
    coursework,
    fer2013,
    ferplus,
    official,
)
from data_pipeline.synthetic.layouts.layout import Layout

_CKPLUS = "Layout and label counts follow CK+"

LAYOUTS: Mapping[str, Layout] = {
    "coursework": Layout(
        follows=_CKPLUS, images=coursework.images, labels=coursework.labels
    ),
    "official": Layout(follows=_CKPLUS, images=official.images, labels=official.labels),
    "ferplus": Layout(
        follows="The layout follows FER+", images=ferplus.images, labels=ferplus.labels
    ),
    "fer2013": Layout(
        follows="The layout follows FER2013",
        images=fer2013.images,
        labels=lambda _: {},  # the folders are the labels
    ),
    "affectnet": Layout(
        follows="The layout follows AffectNet's npy release",
        images=affectnet.images,
        labels=affectnet.labels,
    ),
}
"""Name -> layout."""
