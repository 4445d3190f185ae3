"""The methods: intervals, definitions of the metrics, baselines, software."""

from collections.abc import Iterator

from models.metrics.calibration import BINS
from search.results.markdown import heading
from search.results.words import Report, unit_name, units

DEFINITIONS = f"""
- Thresholds of action units, of the model and of the baselines, have the highest F1 on
  validation predictions, shrunk to a common one for rare units.
- ECE: expected calibration error of the predicted class, {BINS} bins of equal width.
  The number "calibrated" beside it is what a perfectly calibrated model would show on
  so many images.
- Precision-recall AUC is the average precision. A metric averaged over labels leaves
  out those that do not occur; a ratio without any case is 0.
- Skew-normalised F1: negatives weighted to as many as positives (Jeni, Cohn and De la
  Torre 2013).
- Constant: the commonest emotion, every action unit present, the mean rating of the
  development images; for errors of probabilities, their frequencies.
- Deviation over seeds: standard deviation with n - 1.
"""


def methods(report: Report) -> Iterator[str]:
    """Names the method of the intervals, the definitions, and the software."""
    found = report["intervals"]
    over = unit_name(found)
    yield from heading("Methods")
    yield (
        f"- Intervals: {found['level']:.0%}, for other {over} and this trained model: "
        f"{found['method']}, around the value less its jackknife bias "
        f"({units(found)}); standard error by the delta method; degrees of freedom "
        f"from the kurtosis of the influences of the {over}; scales: "
        f"{found['scales']}; differences as they are. Where a value is 0 or 1: Clopper "
        f"and Pearson 1934, for as many cases as there are {over}"
    )
    yield f"- Source: {found['source']}"
    yield (
        f"- A label has an interval where at least {found['least_per_label']} {over} "
        "have it and as many lack it. One wider than .5 rests on one or two of them"
    )
    yield "- Intervals are of single metrics: none is corrected for their number"
    yield from DEFINITIONS.strip().splitlines()
    yield f"- Software: {_software(report)}"


def _software(report: Report) -> str:
    versions = report["tested"]["versions"]
    return ", ".join(f"{name} {version}" for name, version in versions.items())
