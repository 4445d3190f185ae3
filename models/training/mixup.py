"""Mixup: each training row becomes a share of itself and a share of another.

Rows are mixed before the augmentation in the model: both parts of a mixed image are
moved alike. Mixed pixels are rounded, so that a batch keeps its dtype and the graph
is traced once.
"""

import numpy as np

Batch = tuple[np.ndarray, dict[str, np.ndarray]]


def mixed(batch: Batch, *, alpha: float, seed: int) -> Batch:
    """Mixes each row of a batch with another of it.

    The batch is pixels (B, S, S, C), uint8, and targets (B, K, 2) by output name.
    Shares are sampled from Beta(alpha, alpha), one for each row; alpha is above 0.

    Source: Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization".
    """
    images, targets = batch
    generator = np.random.default_rng(seed)
    shares = generator.beta(alpha, alpha, len(images)).astype(np.float32)
    partners = generator.permutation(len(images))
    share = shares[:, None, None, None]
    pixels = share * images + (1 - share) * images[partners]
    return np.rint(pixels).astype(images.dtype), {
        name: mixed_target(target, target[partners], shares[:, None])
        for name, target in targets.items()
    }


def mixed_target(
    first: np.ndarray, second: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Mixes targets (B, K, 2) of value and weight; a masked one takes no part.

    ``share`` (B, 1) is l, of the first. The weight is the mean of the weights, the
    value the mean of the values by weight and share: l w1 v1 + (1 - l) w2 v2 over
    l w1 + (1 - l) w2, or 0 where both are masked. A loss that is linear in weight and
    in weight times value (cross-entropies, focal ones too) is then the mean of the two
    losses, masks and class weights included. A squared error is that but for a term
    that no output changes; a concordance is that of the mixed ratings.
    """
    weights = share * first[..., 1], (1 - share) * second[..., 1]
    weight = weights[0] + weights[1]
    total = weights[0] * first[..., 0] + weights[1] * second[..., 0]
    value = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    return np.stack([value, weight], axis=-1).astype(first.dtype)
