"""What the documentation of each data set says of access, and of how it was made."""

from dataclasses import dataclass

from data_pipeline.config.dataset_identity import OWN_DATA

AGREEMENT = (
    "given to researchers under an agreement. Whether a model trained on it may be "
    "passed on is a question to its owners"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSet:
    """A set of faces: its name, the terms of access, and how its faces came about."""

    title: str
    access: str
    made: str
    posed: bool | None


FACE_SETS: dict[str, FaceSet] = {
    "ckplus": FaceSet(
        title="CK+ (Extended Cohn-Kanade)",
        access=f"free for research, {AGREEMENT}",
        made="adults performed displays that an experimenter asked for, in a "
        "laboratory; the last frame of a sequence is its peak",
        posed=True,
    ),
    "fer2013": FaceSet(
        title="FER2013",
        access="published for a challenge; the pictures were found by a web search, "
        "and the people in them did not agree to this use",
        made="pictures from the web, of 48 pixels a side, with one label each",
        posed=None,
    ),
    "ferplus": FaceSet(
        title="FER+ (votes on FER2013)",
        access="votes under the MIT licence; the pictures are those of FER2013, found "
        "by a web search, and the people in them did not agree to this use",
        made="pictures from the web, of 48 pixels a side, with ten votes each",
        posed=None,
    ),
    "affectnet": FaceSet(
        title="AffectNet",
        access=f"for research only, {AGREEMENT}; requested by a professor or the "
        "manager of a laboratory",
        made="pictures from the web, found by words for emotions",
        posed=None,
    ),
    "jaffe": FaceSet(
        title="JAFFE",
        access=f"for non-commercial research, {AGREEMENT}",
        made="ten Japanese women posed seven expressions",
        posed=True,
    ),
    "kdef": FaceSet(
        title="KDEF",
        access=f"for non-commercial research, {AGREEMENT}",
        made="actors posed seven expressions",
        posed=True,
    ),
    "rafdb": FaceSet(
        title="RAF-DB",
        access=f"for non-commercial research, {AGREEMENT}",
        made="pictures from the web, labelled by many taggers",
        posed=None,
    ),
    "emotionet": FaceSet(
        title="EmotioNet",
        access=f"for non-commercial research, {AGREEMENT}",
        made="pictures from the web; most action units were coded by a program",
        posed=None,
    ),
    "disfa": FaceSet(
        title="DISFA",
        access=f"for research only, {AGREEMENT}",
        made="people were filmed while they watched videos",
        posed=False,
    ),
    "bp4d": FaceSet(
        title="BP4D",
        access=f"for research only, {AGREEMENT}",
        made="people were filmed during tasks that elicit emotions",
        posed=False,
    ),
}
"""Name of a data set -> what is known of it."""

OWN = "own data: the one who publishes the model must name the terms of its pictures"


def face_set(dataset: str) -> FaceSet:
    """Returns what is known of a data set; of own data, only its name.

    Example:
        >>> face_set("own: jaffe").title, face_set("own: lab").title
        ('JAFFE', 'lab')
    """
    name = dataset.removeprefix(OWN_DATA)
    unknown = FaceSet(title=name, access=OWN, made="not described", posed=None)
    return FACE_SETS.get(name, unknown)
