"""``ray start`` that waits longer than Ray's 30 seconds for a node, on a busy machine.

It is run by its path: a node needs nothing of this project.
"""

import sys
import time

from ray._private import services
from ray.scripts.scripts import main

SECONDS = 300

_get_node = services.get_node


def get_node(*words):
    """Looks a node up until it is known."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            return _get_node(*words)
        except RuntimeError:
            time.sleep(0.1)
    return _get_node(*words)


if __name__ == "__main__":
    services.get_node = get_node
    sys.argv[:1] = ["ray", "start"]
    main()
