"""Material for pages, without files: a table, folds, and facts about its images."""

import re
from html.parser import HTMLParser

import numpy as np

from data_pipeline.exploration.image_facts import Fact, ImageFacts
from data_pipeline.exploration.material import HeldOut, Material
from data_pipeline.split.split import Fold
from tests.strategies.tables import sample, table_of


def material(table=None, **changes):
    """Makes material of a table of 12 subjects; every field can be changed."""
    table = table_of(rows()) if table is None else table
    half = np.arange(len(table)) % 2 == 0
    fact = Fact(size=(64, 49), mode="L", kind="PNG", brightness=120.0, contrast=40.0)
    found = {
        "study": "tiny",
        "data": "data/tiny",
        "synthetic": False,
        "by": "subject",
        "table": table,
        "folds": (Fold(train=np.flatnonzero(half), validation=np.flatnonzero(~half)),),
        "held_out": HeldOut(images=7, subjects=3),
        "images": ImageFacts(
            facts=(fact,) * len(table),
            unreadable=(),
            sampled=len(table),
            total=len(table),
        ),
        "demographics": None,
        "strangers": 0,
        "faces": False,
    }
    return Material(**(found | changes))


def rows():
    """Makes two images of each of 12 subjects, with emotions of both levels."""
    return [
        sample(
            f"S{n:03d}",
            k,
            high_level=("negative", "positive", "surprise")[n % 3],
            basic=("anger", "happiness", "surprise")[n % 3],
            units=(n % 2 == 0, n % 3 == 0, None if k == 1 else n % 4 == 0),
        )
        for n in range(12)
        for k in (1, 2)
    ]


class Page(HTMLParser):
    """A parsed page: its images, links, identifiers, text, and unclosed elements."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text):
        """Reads the page."""
        super().__init__()
        self.images, self.links, self.names, self.open = [], [], [], []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Collects what an element refers to."""
        found = dict(attrs)
        assert tag not in {"script", "link", "iframe", "object", "b"}
        if tag == "img":
            self.images.append(found)
        if "href" in found:
            self.links.append(found["href"])
        if "id" in found:
            self.names.append(found["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Checks that elements are nested."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Collects the visible text."""
        if self.open[-1:] != ["style"]:
            self.text += re.sub(r"\s+", " ", data)
