"""Uses of a model: what it is for, what it is not for, and what the law says."""

from collections.abc import Iterator

from search.model_card.facts import CardFacts
from search.results.markdown import bullets, heading

UNSUITABLE = """
- Decisions about a person: hiring, grading, policing, migration, credit, health,
  truthfulness. No such use was tested.
- Statements about what a person feels or intends. The labels are of pictures: one
  expression has several causes, and one emotion several expressions (Barrett et al.
  2019).
- Emotion recognition at work and in education: the European Union prohibits it, unless
  it is for medical or safety reasons; see below.
- People and pictures unlike those of the data: other ages, origins, cameras and poses
  of the head, covered faces, children, faces with a palsy.
"""

LAW = """
- **Article 5(1)(f) prohibits** "the placing on the market, the putting into service for
  this specific purpose, or the use of AI systems to infer emotions of a natural person
  in the areas of workplace and education institutions, except where the use of the AI
  system is intended to be put in place or into the market for medical or safety
  reasons". It has applied since 2 February 2025.
- **Annex III, point 1(c)**, with Article 6(2): "AI systems intended to be used for
  emotion recognition" are high-risk, in so far as their use is permitted. This card
  does not fulfil what Chapter III asks of them.
- **Article 50(3)**: who deploys an emotion recognition system must inform the people
  exposed to it of its operation, and must process their data in accordance with
  Regulations (EU) 2016/679 (GDPR) and (EU) 2018/1725 and Directive (EU) 2016/680.
  Excepted are systems that the law permits for detecting, preventing or investigating
  criminal offences, with safeguards.
- Article 3(39): an emotion recognition system is one "for the purpose of identifying or
  inferring emotions or intentions of natural persons on the basis of their biometric
  data". Recital 18 leaves out pain and fatigue, and the mere detection of a readily
  apparent expression, such as a smile, unless it is used to infer emotions.
- Article 2(6): the Regulation does not apply to systems and models that are developed
  and put into service for the sole purpose of scientific research and development.

Article 113, as amended in 2026, says from when each part applies. This is a summary and
no legal advice.
"""

ON_EMOTIONS = ("emotion", "votes", "valence_arousal")
"""Heads whose outputs are about emotions."""


def uses(facts: CardFacts) -> Iterator[str]:
    """Says what the model is for, what it is not for, and what the law says."""
    yield from heading("Intended use")
    yield from bullets(_intended(facts))
    yield from heading("Unsuitable use")
    yield from UNSUITABLE.strip().splitlines()
    yield from heading("Law: the AI Act of the European Union")
    yield f"Regulation (EU) 2024/1689. {_purpose(facts)}"
    yield ""
    yield from LAW.strip().splitlines()


def _intended(facts: CardFacts) -> Iterator[str]:
    if facts.report["synthetic"]:
        yield (
            "Tests of this software. The model learned from rendered faces: do not use "
            "it on people"
        )
        return
    yield (
        "Research on facial expressions: comparison of methods on the same data, with "
        "the same split"
    )
    yield (
        "A starting point: validate it on labelled pictures of the people it is meant "
        "for, and look at each group of them, before you rely on it"
    )


def _purpose(facts: CardFacts) -> str:
    """Says whether the model's outputs are about emotions."""
    if any(head in facts.report for head in ON_EMOTIONS):
        return (
            "The outputs of this model are about emotions: used on people, it is an "
            "emotion recognition system."
        )
    return (
        "The outputs of this model are facial movements. It becomes part of an emotion "
        "recognition system where emotions are inferred from them."
    )
