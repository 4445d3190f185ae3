"""What a trial takes over from its lost run, and leaves to one that runs it again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from search.trial.finished.finished_fold import FinishedFold, unpack_fold
from search.trial.messages import Job, PackedFold, TrialRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """The finished folds of a trial, in order; ``identity`` decides their numbers."""

    identity: Mapping[str, Any]
    folds: tuple[FinishedFold, ...] = ()

    @classmethod
    def of(
        cls, job: Job, request: TrialRequest, packed: Iterable[PackedFold]
    ) -> Self | None:
        """Takes over what was finished of a trial with the same numbers.

        A fold without weights is of no use where checkpoints are kept, nor is one
        after a damaged one. ``None`` where the job keeps no folds.
        """
        if job.finished_folds is None:
            return None
        identity = {
            "origin": job.origin,
            "seed": request.seed,
            "values": dict(request.values),
        }
        found: list[FinishedFold] = []
        for one in packed:
            fold = unpack_fold(one.content, {**identity, "fold": len(found)})
            if fold is None or (job.checkpoints is not None and not fold.weights):
                break
            found.append(fold)
        return cls(identity=identity, folds=tuple(found))

    def pack(self, index: int, fold: FinishedFold) -> PackedFold:
        """Packs the fold of this index."""
        return fold.packed({**self.identity, "fold": index})
