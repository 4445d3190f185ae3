"""Works on reporting: model cards, what faces say of emotions, what mattered."""

from search.references.work import Work

REPORTING = (
    Work(
        key="mitchell2019",
        of=("model_card",),
        what="model cards",
        kind="inproceedings",
        authors="Mitchell, M. and Wu, S. and Zaldivar, A. and Barnes, P. and "
        "Vasserman, L. and Hutchinson, B. and Spitzer, E. and Raji, I. D. and Gebru, "
        "T.",
        title="Model Cards for Model Reporting",
        venue="Proceedings of the Conference on Fairness, Accountability, and "
        "Transparency",
        year=2019,
        pages="220--229",
        doi="10.1145/3287560.3287596",
    ),
    Work(
        key="barrett2019",
        of=("model_card",),
        what="what can be inferred from facial movements",
        kind="article",
        authors="Barrett, L. F. and Adolphs, R. and Marsella, S. and Martinez, A. M. "
        "and Pollak, S. D.",
        title="Emotional Expressions Reconsidered: Challenges to Inferring Emotion "
        "From Human Facial Movements",
        venue="Psychological Science in the Public Interest",
        year=2019,
        volume="20",
        number="1",
        pages="1--68",
        doi="10.1177/1529100619832930",
    ),
    Work(
        key="hutter2014",
        of=("importance",),
        what="importance of hyperparameters (fANOVA)",
        kind="inproceedings",
        authors="Hutter, F. and Hoos, H. and Leyton-Brown, K.",
        title="An Efficient Approach for Assessing Hyperparameter Importance",
        venue="Proceedings of the 31st International Conference on Machine Learning "
        "(PMLR)",
        year=2014,
        volume="32",
        pages="754--762",
    ),
)
