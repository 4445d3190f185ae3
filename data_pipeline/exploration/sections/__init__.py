"""The sections of the page; where data lack, a section returns the reason."""

from collections.abc import Callable

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Section
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

SECTIONS: dict[str, Callable[[Material], Section | Absent]] = {
    "emotions": emotions.section,
    "votes": votes.section,
    "valence_arousal": valence_arousal.section,
    "action_units": action_units.counts,
    "au_by_emotion": au_associations.by_emotion,
    "au_correlation": au_associations.correlation,
    "au_cooccurrence": au_associations.cooccurrence,
    "au_intensities": action_units.intensities,
    "subjects": subjects.section,
    "folds": folds.section,
    "images": images.section,
    "demographics": demographics.section,
    "faces": faces.section,
}
"""Name -> section, in the order of the page."""
