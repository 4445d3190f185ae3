"""The sections of the page; each raises ``NoDataError`` if it has no data."""

from collections.abc import Callable

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.sections import (
    action_units,
    au_associations,
    demographics,
    emotions,
    faces,
    folds,
    images,
    subjects,
    valence_arousal,
    votes,
)
from data_pipeline.pages.section import Section

SECTIONS: dict[str, tuple[str, Callable[[Material], Section]]] = {
    "emotions": ("Emotions", emotions.section),
    "votes": ("Votes", votes.section),
    "valence_arousal": ("Valence and arousal", valence_arousal.section),
    "action_units": ("Action units", action_units.counts),
    "au_by_emotion": ("Action units of each emotion", au_associations.by_emotion),
    "au_correlation": (
        "Action units together: correlation",
        au_associations.correlation,
    ),
    "au_cooccurrence": (
        "Action units together: co-occurrence",
        au_associations.cooccurrence,
    ),
    "au_intensities": ("Intensities of action units", action_units.intensities),
    "subjects": ("Images of each subject", subjects.section),
    "folds": ("Balance of the folds", folds.section),
    "images": ("Image files", images.section),
    "demographics": ("Who the subjects are", demographics.section),
    "faces": ("Faces", faces.section),
}
"""Name -> title and section, in the order of the page."""
