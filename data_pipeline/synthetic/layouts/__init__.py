"""Synthetic faces written in the layouts of real data sets."""

from collections.abc import Mapping

from data_pipeline.synthetic.layouts import (
    affectnet,
    coursework,
    fer2013,
    ferplus,
    official,
    table,
)
from data_pipeline.synthetic.layouts.layout import Layout

LAYOUTS: Mapping[str, Layout] = {
    "coursework": coursework,
    "official": official,
    "ferplus": ferplus,
    "fer2013": fer2013,
    "affectnet": affectnet,
    "table": table,
}
"""Name -> layout."""
