"""The methods: intervals, definitions of the metrics, baselines, machine, software."""

from collections.abc import Iterator, Mapping

from data_pipeline.pages.wording import counted
from models.evaluation.jackknife import scale_of
from models.metrics.calibration import BINS
from search.references.catalogue import cites
from search.reports.metric_texts import HEADS
from search.results.labels import EXTENDED, has_extended
from search.results.markdown import bullets, heading
from search.results.words import Report, unit_name, units

THRESHOLDS = """
Thresholds of action units, of the model and of the baselines, have the highest F1 on
validation predictions (of one model a fold), shrunk to a common one for rare units"""
ECE = f"""
Calibration error: expected calibration error of the predicted class, {BINS} bins of
equal width@. The number beside it, calibrated, is what a perfectly calibrated model
would show on so many images"""
AVERAGE_PRECISION = """
Precision-recall AUC: average precision@. Of few positives it is too high on average;
its interval allows for that, the value does not"""

DEFINITIONS: Mapping[str, tuple[str, ...]] = {
    THRESHOLDS: ("mean_f1_at_thresholds",),
    ECE: ("ece",),
    "Kappa: agreement beyond chance@": ("kappa",),
    "AUC: area under the ROC curve@": ("mean_auc",),
    AVERAGE_PRECISION: ("mean_pr_auc",),
    "Skew-normalised F1: negatives weighted to as many as positives@": (
        "mean_f1_norm",
    ),
    "ICC: intraclass correlation, ICC(3,1)@": ("mean_icc",),
    "CCC: concordance correlation@": ("mean_ccc",),
    "Divergences are those of the predicted from the voted shares@": (
        "kl_divergence",
        "js_divergence",
    ),
}
"""What to define where a report has one of the metrics; ``@`` stands for the works."""

FOR_ALL = """
Macro and mean: the plain mean of the labels' values (macro F1: of their F1), without
labels that do not occur. Weighted: by the cases of each label; micro: all decisions
pooled. A ratio without any case is 0"""

CONSTANTS: Mapping[str, str] = {
    "emotion": "the commonest emotion",
    "action_units": "every action unit present",
    "action_unit_intensities": "the mean intensity",
    "valence_arousal": "the mean rating",
}
"""What is predicted for every image, for each head."""

SCALES: Mapping[str, str] = {
    "logit": "logit",
    "Fisher's z": "Fisher's z (correlations, kappa)",
    "logarithm": "logarithm (errors)",
}
"""The scale of each kind of metric, as it is named in a report and in words."""


def methods(report: Report) -> Iterator[str]:
    """Names the method of the intervals, the definitions, machine and software."""
    yield from heading("Methods")
    yield from bullets(_intervals(report))
    yield from bullets(_definitions(report))
    yield f"- {_one_line(FOR_ALL)}"
    yield from bullets(_constants(report))
    yield from bullets(_deviations(report))
    yield from bullets(_machines(report))
    yield f"- Software: {_software(report)}"


def _intervals(report: Report) -> Iterator[str]:
    """Describes how intervals were computed, and what they are for."""
    found = report["intervals"]
    over = unit_name(found)
    models = "these trained models" if "parts" in report else "this trained model"
    yield (
        f"Intervals: {100 * found['level']:g} %, for other {over} and {models}: "
        f"{found['method']}, around the value less its jackknife bias "
        f"({units(found)}); standard error by the delta method; degrees of freedom "
        f"from the kurtosis of the influences of the {over}; scales: "
        f"{_scales(report)}; differences as they are. Where a value is 0 or 1: Clopper "
        f"and Pearson 1934, for as many cases as there are {over}; for a score of a "
        f"label, as there are {over} that have it, or that lack it if these are fewer"
    )
    if _CLASSIFIED & report.keys():
        yield (
            f"Where a single one of the {over} has errors, the degrees of freedom fall "
            "to about 2: the interval is conservative, and wider than that of a value "
            "of 1"
        )
    yield f"Source: {found['source']}"
    if has_extended(report):
        yield (
            "Where the bias is larger than the reach, the interval is extended to the "
            f"value, and has one end there ({EXTENDED})"
        )
    yield (
        f"A label has an interval where at least {found['least_per_label']} {over} "
        "have it and as many lack it"
    )
    yield "Intervals are of single metrics: none is corrected for their number"


_CLASSIFIED = {"emotion", "action_units"}


def _scales(report: Report) -> str:
    """Names the scales of the metrics that the report has."""
    used = {scale_of(name).name for name in _metrics(report)}
    return "; ".join(words for name, words in SCALES.items() if name in used)


def _metrics(report: Report) -> set[str]:
    """Lists the metrics of all heads."""
    return {name for head in HEADS for name in report.get(head, {}).get("metrics", ())}


def _constants(report: Report) -> Iterator[str]:
    """Describes the constant baseline of the heads that the report has."""
    found = [words for head, words in CONSTANTS.items() if head in report]
    frequencies = "; for errors of probabilities, their frequencies"
    if found:
        yield (
            f"Constant: {', '.join(found)} of the development images"
            f"{frequencies if _CLASSIFIED & report.keys() else ''}"
        )


def _deviations(report: Report) -> Iterator[str]:
    """Names what standard deviations are over, where the section has some."""
    parts = {"seeds": "seeds", "by_subject": "subjects", "parts": "parts"}
    found = [words for name, words in parts.items() if report.get(name)]
    if found:
        yield f"Standard deviations over {' and '.join(found)}: with n - 1"


def _definitions(report: Report) -> Iterator[str]:
    """Defines the metrics that the report has."""
    shown = _metrics(report)
    for text, names in DEFINITIONS.items():
        found = [f"metric:{name}" for name in names if name in shown]
        if found:
            yield _one_line(text).replace("@", cites(*found))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _machines(report: Report) -> Iterator[str]:
    """Describes what the trials ran on, and by which code."""
    for machine in report["search"].get("machines", ()):
        cores = machine.get("cores")
        size = f", {counted(int(cores), 'logical core')}" if cores else ""
        gpus = machine.get("gpus") or machine["device"].replace("cpu", "no GPU used")
        yield (
            f"Machine: {machine['processor']}{size}; {gpus}; "
            f"{counted(int(machine['threads']), 'thread')} a trial"
        )
        commit = f"commit {machine['commit']}, " if "commit" in machine else ""
        yield (
            f"Code: {commit}digest of the sources {machine['code']}; Python "
            f"{machine['python']}, Keras on {machine['backend']}"
        )


def _software(report: Report) -> str:
    versions = report["tested"]["versions"]
    return ", ".join(
        f"{name} {version}{cites(f'package:{name}')}"
        for name, version in versions.items()
    )
