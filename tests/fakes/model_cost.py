"""What the models of fake trainers cost."""

from dataclasses import replace

from models.training.saving import ModelCost
from models.training.trainer import Timings


class FakeCosts:
    """A trainer's answers about models that are never built."""

    parameters = 123
    latency = 2.5

    def cost(self, config):
        """Counts as many weights for every configuration, and takes no time."""
        del config
        self.timings = Timings()
        return ModelCost(parameters=self.parameters, model_bytes=4 * self.parameters)

    def timed(self, cost, config):
        """Adds the same latency to every model's cost."""
        del config
        return replace(cost, latency_ms=self.latency)
