"""The sections of the report; each raises ``NoDataError`` if it has no data."""

from data_pipeline.pages.page import Sections
from search.report_page.material import Material
from search.report_page.sections import (
    answer,
    calibration,
    explanation,
    front,
    history,
    labels,
    matters,
    part_searches,
    parts,
    people,
    seeds,
)
from search.report_page.sections.record import (
    commands,
    methods,
    nested_methods,
    provenance,
)

SECTIONS: Sections[Material] = {
    "answer": ("The result on the hold-out", answer.section),
    "subjects": ("Whom it serves: single subjects", people.subjects),
    "groups": ("Whom it serves: groups of subjects", people.groups),
    "search": ("What the search did", history.section),
    "matters": ("What mattered", matters.section),
    "front": ("Several objectives", front.section),
    "emotion": ("Emotions, class by class", labels.emotion),
    "action_units": ("Action units, one by one", labels.action_units),
    "intensities": ("Intensities of action units", labels.intensities),
    "dimensions": ("Valence and arousal", labels.dimensions),
    "calibration": ("Calibration of the probabilities", calibration.section),
    "explanation": ("What the model responds to", explanation.section),
    "seeds": ("Other seeds", seeds.section),
    "provenance": ("Where the numbers come from", provenance.section),
    "methods": ("Methods, for a paper", methods.section),
    "commands": ("What to do next", commands.section),
}
"""Name -> title and section, in the order of the page."""

_OF_LABELS = ("emotion", "action_units", "intensities", "dimensions", "calibration")

NESTED_SECTIONS: Sections[Material] = {
    "answer": ("The result on the outer parts", answer.section),
    "subjects": SECTIONS["subjects"],
    "parts": ("The outer parts", parts.section),
    "searches": ("What the searches did", part_searches.section),
    **{name: SECTIONS[name] for name in _OF_LABELS},
    "provenance": SECTIONS["provenance"],
    "methods": ("Methods, for a paper", nested_methods.section),
    "commands": SECTIONS["commands"],
}
"""The same for all outer parts of a nested run, without what each part has."""
