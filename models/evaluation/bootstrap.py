"""A bootstrap over subjects: how often each of its samples contains a row.

Images of one person resemble each other, so whole subjects are resampled, with
replacement; resampling images would make differences look too certain.

Source: Field and Welsh 2007 (bootstrap of clusters).
"""

from collections.abc import Sequence

import numpy as np

from data_pipeline.system.seeds import child_seed


def subject_weights(
    subjects: Sequence[str], *, seed: int, resamples: int
) -> np.ndarray:
    """Counts how often each of B resamples of the subjects contains each row; (B, N).

    Each resample draws as many subjects as there are. Equal seeds give equal
    resamples, in any order of the rows.
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    generator = np.random.default_rng(child_seed(seed, "bootstrap", "subjects"))
    share = np.full(len(names), 1 / len(names))
    drawn = generator.multinomial(len(names), share, size=resamples)
    return drawn[:, place].astype(np.float64)
