"""The budget of a search is shared among the outer parts."""

import pytest

from data_pipeline.system.errors import StudyError
from search.nested.budget import share_budget
from tests.factories.ledger import small


def study(trials=60, folds=5, inner=1, outer=5, more=""):
    """Checks the small study with outer parts."""
    split = f"folds = {folds}\nouter_folds = {outer}\ninner_folds = {inner}"
    return small(("folds = 1", split), ("trials = 4", f"trials = {trials}\n{more}"))


@pytest.mark.parametrize(
    ("trials", "folds", "inner", "parts", "each"),
    [
        (60, 5, 1, 5, [60, 60, 60, 60, 60]),
        (60, 5, 5, 5, [12, 12, 12, 12, 12]),
        (12, 1, 1, 5, [3, 3, 2, 2, 2]),
        (7, 5, 2, 10, [2, 2, 2, 2, 2, 2, 2, 1, 1, 1]),
    ],
)
def test_all_parts_train_as_often_as_the_ordinary_search(
    trials, folds, inner, parts, each
):
    """Trainings of all parts are those of the ordinary search, less than one trial."""
    shares = share_budget(study(trials, folds, inner), parts)
    assert [share.trials for share in shares] == each
    assert 0 <= trials * folds - inner * sum(each) < inner


def test_hours_are_shared():
    """Each part has its part of the hours; without a limit there is none."""
    shares = share_budget(study(more="hours = 6.0"), 5)
    assert {share.hours for share in shares} == {1.2}
    assert {share.hours for share in share_budget(study(), 5)} == {None}


def test_a_part_without_a_trial_is_refused():
    """Fewer trials than parts end with the number that is enough."""
    with pytest.raises(StudyError) as caught:
        share_budget(study(trials=20, outer='"subjects"'), 123)
    assert '[split] outer_folds = "subjects": makes 123 parts' in str(caught.value)
    assert "search.trials = 20 of folds = 5 are 100 trainings" in str(caught.value)
    assert "set search.trials to 25 or more" in str(caught.value)
    shares = share_budget(study(trials=25, outer='"subjects"'), 123)
    assert sum(share.trials for share in shares) == 125
    assert min(share.trials for share in shares) == 1
