"""Proposals of samplers for a real study's space, from another process too."""

import json
import sys

from search.conformance import STUDY, begin, built, proposals
from search.study.algorithms import SAMPLERS

SPACE = STUDY.space

__all__ = ["SPACE", "STUDY", "begin", "built", "proposals"]

if __name__ == "__main__":
    NAMES = [name for name in SAMPLERS if name in sys.argv[1:]]
    print(json.dumps({name: proposals(name) for name in NAMES}))  # noqa: T201
