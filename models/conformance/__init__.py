"""What backbones, losses and metrics of the user's own must do.

    from models.conformance import check_backbone

    check_backbone("mynets:tiny")

Each check raises ``ConformanceError`` with every law that is broken. The tests of this
project's own backbones, losses and metrics use the same laws.
"""

from collections.abc import Mapping

from data_pipeline.own_code.laws import check_laws, law_of
from models.config.backbone_catalogue import OWN_BACKBONE
from models.config.hyperparameters import OWN_LOSSES, Value
from models.metrics.own.metric import OWN_METRIC


def check_backbone(name: str, sizes: Mapping[str, Value] | None = None) -> None:
    """Checks a backbone, in about a minute.

    Args:
        name: its code path, or a short name.
        sizes: keys of its sizes to values, where they are not the defaults.

    Raises:
        StudyError: it cannot be imported, or is no backbone.
        ConformanceError: it breaks a law.
    """
    from models.conformance.backbones import BackboneBench  # noqa: PLC0415 - Keras

    bench = BackboneBench(name, sizes)
    check_laws(OWN_BACKBONE, name, bench.laws())


def check_loss(head: str, name: str, *, trained: bool = True) -> None:
    """Checks a loss of a head.

    Args:
        head: ``emotion``, ``action_units``, ``action_unit_intensities`` or
            ``valence_arousal``.
        name: its code path, or a short name.
        trained: whether a small network takes a step with it, in a few seconds.

    Raises:
        StudyError: it cannot be imported, or is no function.
        ConformanceError: it breaks a law.
    """
    from models.conformance.losses import LossBench, trains  # noqa: PLC0415 - Keras
    from models.network.own_losses import load_loss  # noqa: PLC0415 - Keras

    bench = LossBench(head, load_loss(head, name))
    step = [law_of(trains, head, name)] if trained else []
    check_laws(OWN_LOSSES[head], name, [*bench.laws(), *step])


def check_metric(target: str, name: str, *, maximized: bool = True) -> None:
    """Checks a metric of a target.

    Args:
        target: ``emotion``, ``action_units`` or ``valence_arousal``.
        name: its code path, or a short name, without the target.
        maximized: whether it can be part of an objective, so that 1 is perfect.

    Raises:
        StudyError: it cannot be imported, or is no function.
        ConformanceError: it breaks a law.
    """
    from models.conformance.metrics import metric_laws  # noqa: PLC0415 - pandas

    check_laws(OWN_METRIC, name, metric_laws(target, name, maximized=maximized))
