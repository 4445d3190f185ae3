"""Works on materials: data sets, how faces are coded, how they are found."""

from search.references.work import Work

MATERIALS = (
    Work(
        key="kanade2000",
        of=("data:ckplus",),
        what="data set CK, which CK+ extends",
        kind="inproceedings",
        authors="Kanade, T. and Cohn, J. F. and Tian, Y.",
        title="Comprehensive Database for Facial Expression Analysis",
        venue="Fourth IEEE International Conference on Automatic Face and Gesture "
        "Recognition",
        year=2000,
        pages="46--53",
        doi="10.1109/AFGR.2000.840611",
    ),
    Work(
        key="lucey2010",
        of=("data:ckplus",),
        what="data set CK+",
        kind="inproceedings",
        authors="Lucey, P. and Cohn, J. F. and Kanade, T. and Saragih, J. and "
        "Ambadar, Z. and Matthews, I.",
        title="The Extended Cohn-Kanade Dataset (CK+): A complete dataset for action "
        "unit and emotion-specified expression",
        venue="IEEE Computer Society Conference on Computer Vision and Pattern "
        "Recognition - Workshops",
        year=2010,
        pages="94--101",
        doi="10.1109/CVPRW.2010.5543262",
    ),
    Work(
        key="goodfellow2015",
        of=("data:fer2013", "data:ferplus"),
        what="data set FER2013",
        kind="article",
        authors="Goodfellow, I. J. and others",
        title="Challenges in representation learning: A report on three machine "
        "learning contests",
        venue="Neural Networks",
        year=2015,
        volume="64",
        pages="59--63",
        doi="10.1016/j.neunet.2014.09.005",
    ),
    Work(
        key="barsoum2016",
        of=("data:ferplus",),
        what="votes of FER+, and how they become labels",
        kind="inproceedings",
        authors="Barsoum, E. and Zhang, C. and Canton Ferrer, C. and Zhang, Z.",
        title="Training deep networks for facial expression recognition with "
        "crowd-sourced label distribution",
        venue="Proceedings of the 18th ACM International Conference on Multimodal "
        "Interaction",
        year=2016,
        pages="279--283",
        doi="10.1145/2993148.2993165",
    ),
    Work(
        key="mollahosseini2019",
        of=("data:affectnet",),
        what="data set AffectNet",
        kind="article",
        authors="Mollahosseini, A. and Hasani, B. and Mahoor, M. H.",
        title="AffectNet: A Database for Facial Expression, Valence, and Arousal "
        "Computing in the Wild",
        venue="IEEE Transactions on Affective Computing",
        year=2019,
        volume="10",
        number="1",
        pages="18--31",
        doi="10.1109/TAFFC.2017.2740923",
    ),
    Work(
        key="ekman1978",
        of=("target:action_units", "target:action_unit_intensities"),
        what="action units (FACS)",
        kind="book",
        authors="Ekman, P. and Friesen, W. V.",
        title="Facial Action Coding System: A Technique for the Measurement of Facial "
        "Movement",
        venue="Consulting Psychologists Press",
        year=1978,
    ),
    Work(
        key="russell1980",
        of=("target:valence_arousal",),
        what="valence and arousal",
        kind="article",
        authors="Russell, J. A.",
        title="A circumplex model of affect",
        venue="Journal of Personality and Social Psychology",
        year=1980,
        volume="39",
        number="6",
        pages="1161--1178",
        doi="10.1037/h0077714",
    ),
    Work(
        key="zhang2016",
        of=("crop:detect",),
        what="face detection (MTCNN)",
        kind="article",
        authors="Zhang, K. and Zhang, Z. and Li, Z. and Qiao, Y.",
        title="Joint Face Detection and Alignment Using Multitask Cascaded "
        "Convolutional Networks",
        venue="IEEE Signal Processing Letters",
        year=2016,
        volume="23",
        number="10",
        pages="1499--1503",
        doi="10.1109/LSP.2016.2603342",
    ),
    Work(
        key="deng2019",
        of=("crop:detect", "crop:landmarks"),
        what="positions to which faces are aligned (ArcFace)",
        kind="inproceedings",
        authors="Deng, J. and Guo, J. and Xue, N. and Zafeiriou, S.",
        title="ArcFace: Additive Angular Margin Loss for Deep Face Recognition",
        venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
        year=2019,
        pages="4685--4694",
        doi="10.1109/CVPR.2019.00482",
    ),
)
