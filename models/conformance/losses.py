"""The laws of a head's loss, on a batch in which some labels are unknown."""

from typing import Any

import numpy as np

from data_pipeline.own_code.laws import Law, must
from data_pipeline.targets.class_balance import balance
from models.config.config import DataSpec, model_config
from models.config.hyperparameters import Value
from models.conformance.backbones import SMALL
from models.conformance.pictures import EMOTIONS, UNITS, pictures
from models.keras_api import ops
from models.network.heads import EMOTION, INTENSITIES, LEVELS, VALENCE_AROUSAL
from models.network.own_losses import Loss
from models.training.batches import pack
from models.training.compiled_model import CompiledModel

ROWS, OUTPUTS = 8, 3
MASKED = (2, 5)
SATURATED = 500.0
TOLERANCE = 1e-5
DIMENSIONS = ("valence", "arousal")


class LossBench:
    """A loss, and a batch whose rows 2 and 5 have no label."""

    def __init__(self, head: str, loss: Loss) -> None:
        """Draws targets of a head: shares of classes, presence, levels, or ratings."""
        self._loss = loss
        generator = np.random.default_rng(5)
        wanted = _wanted(head, generator)
        self.logits = generator.normal(size=wanted.shape).astype(np.float32)
        rated = head == VALENCE_AROUSAL
        self.right = np.arctanh(wanted) if rated else SATURATED * (2 * wanted - 1)
        weights = np.ones(wanted.shape)
        weights[list(MASKED)] = 0
        self.target = np.stack([wanted, weights], -1).astype(np.float32)

    def laws(self) -> tuple[Law, ...]:
        """Lists what holds for each loss."""
        return (
            self.is_a_number,
            self.masked_rows_are_left_out,
            self.masked_outputs_do_not_matter,
            self.no_labels_cost_nothing,
            self.rows_have_no_order,
            self.right_costs_less,
            self.saturated_is_finite,
        )

    def is_a_number(self) -> None:
        """A batch costs one finite number."""
        must(np.isfinite(self.number(self.target, self.logits)), "no finite number")

    def masked_rows_are_left_out(self) -> None:
        """Rows of weight 0 are rows that are not there; no mean counts them."""
        kept = [row for row in range(ROWS) if row not in MASKED]
        self._same(
            self.number(self.target, self.logits),
            self.number(self.target[kept], self.logits[kept]),
        )

    def masked_outputs_do_not_matter(self) -> None:
        """What the network says of a masked row has no effect, NaN included."""
        before = self.number(self.target, self.logits)
        for other in (7.0, np.nan):
            logits = self.logits.copy()
            logits[list(MASKED)] = other
            self._same(self.number(self.target, logits), before)

    def no_labels_cost_nothing(self) -> None:
        """A batch in which every label is masked costs 0."""
        target = self.target.copy()
        target[..., 1] = 0
        self._same(self.number(target, self.logits), 0.0)

    def rows_have_no_order(self) -> None:
        """The order of the rows does not matter."""
        turned = self.number(self.target[::-1], self.logits[::-1])
        self._same(turned, self.number(self.target, self.logits))

    def right_costs_less(self) -> None:
        """Right answers cost less than their opposites."""
        right, wrong = (self.number(self.target, s * self.right) for s in (1, -1))
        must(right < wrong, f"{right:g} for right ones, {wrong:g} for the opposites")

    def saturated_is_finite(self) -> None:
        """Very sure outputs, right or wrong, cost a finite number."""
        sign = np.where(self.right > 0, SATURATED, -SATURATED)
        for outputs in (sign, -sign):
            found = self.number(self.target, outputs)
            must(np.isfinite(found), f"{found} for logits of {SATURATED:g}")

    def number(self, target: np.ndarray, logits: Any) -> float:
        """Computes the loss of a batch."""
        tensors = (
            ops.convert_to_tensor(np.asarray(values, np.float32))
            for values in (target, logits)
        )
        return float(ops.convert_to_numpy(self._loss(*tensors)))

    def _same(self, found: float, expected: float) -> None:
        near = np.isclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)
        must(near, f"{found:g} in place of {expected:g}")


def _wanted(head: str, generator: np.random.Generator) -> np.ndarray:
    """Draws what each output of a head should say, (ROWS, K)."""
    if head == EMOTION:
        return np.eye(OUTPUTS)[np.arange(ROWS) % OUTPUTS]
    if head == VALENCE_AROUSAL:
        return generator.uniform(-0.9, 0.9, (ROWS, OUTPUTS))
    if head == INTENSITIES:
        found = generator.integers(0, LEVELS + 1, (ROWS, OUTPUTS, 1))
        reached = found >= np.arange(1, LEVELS + 1)
        return reached.reshape(ROWS, OUTPUTS * LEVELS).astype(np.float64)
    return generator.integers(0, 2, (ROWS, OUTPUTS)).astype(np.float64)


def trains(head: str, name: str) -> None:
    """A network takes a step with it: the loss is finite and reaches its outputs."""
    spec = DataSpec(
        image_size=16,
        channels=1,
        emotions=EMOTIONS,
        action_units=UNITS,
        intensities=UNITS,
        dimensions=DIMENSIONS,
    )
    small: dict[str, Value] = {"backbone.blocks": 1, "backbone.filters": 8}
    config = model_config(SMALL | small | {f"loss.{head}": name}, spec)
    compiled = CompiledModel(config.graph)
    compiled.reset(config.runtime, 1)
    data = pictures(ROWS, dimensions=DIMENSIONS, intensities=UNITS)
    packed = pack(data.targets, balance(data.targets, np.arange(ROWS), "none", 1))
    kernel = compiled.model.get_layer(head).kernel
    before = kernel.numpy()
    loss, _ = compiled.train([(data.images[:, :16, :16], packed)])
    must(np.isfinite(loss), f"a loss of {loss}")
    must(not np.array_equal(kernel.numpy(), before), f"{head}/kernel does not move")
