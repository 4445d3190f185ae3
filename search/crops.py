"""What is said of faces that were not found."""

from collections.abc import Mapping
from typing import Any


def without_face(described: Mapping[str, Any], *, hold_out: int) -> dict[str, Any]:
    """Counts for a report the images in which no face was found.

    Args:
        described: the model's description.
        hold_out: how many there are in the hold-out.

    Returns:
        ``without_face`` with the counts; nothing where none was looked for.
    """
    if "template" not in described["input"]["crop"]:
        return {}
    development = described["data"]["without_face"]
    return {"without_face": {"development": development, "hold_out": hold_out}}
