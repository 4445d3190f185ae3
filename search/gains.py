"""What a search gained over the configurations that were known before it."""

from collections.abc import Iterator, Sequence

from search.best import best_of
from search.records import TrialRecord


def gains(records: Sequence[TrialRecord]) -> Iterator[str]:
    """Says of each known configuration what it came to beside the best trial.

    Args:
        records: trials in the order of their numbers.

    Yields:
        A line for each known configuration that was begun and not interrupted.
    """
    best = best_of(records)
    told: set[str] = set()
    for record in records:
        if not record.known or record.known in told or record.interrupted:
            continue
        told.add(record.known)
        yield f"{record.known} (trial {record.number}): {_came_to(record, best)}"


def _came_to(record: TrialRecord, best: TrialRecord | None) -> str:
    if record.value is None or best is None or best.value is None:
        reason = f", {record.reason}" if record.reason else ""
        return f"{record.state.lower()}{reason}"
    if record.number == best.number:
        return f"value {record.value:.4f}, the best"
    return (
        f"value {record.value:.4f}; best: {best.value:.4f}, "
        f"gained {best.value - record.value:.4f}"
    )
