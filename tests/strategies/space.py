"""Search spaces for the tests of search: drawn by Hypothesis, conditions included."""

from hypothesis import strategies as st

from search.study.space import Choices, FloatRange, IntRange, Parameter, SearchSpace


@st.composite
def int_ranges(draw, *, log=None):
    """Draws a range of integers whose high end is on a step."""
    if draw(st.booleans()) if log is None else log:
        low = draw(st.integers(1, 50))
        return IntRange(low=low, high=low + draw(st.integers(0, 200)), log=True)
    low, step = draw(st.integers(-50, 50)), draw(st.integers(1, 7))
    return IntRange(low=low, high=low + step * draw(st.integers(0, 9)), step=step)


@st.composite
def stepped_ranges(draw):
    """Draws a range of numbers with a step, as a person writes it in decimals."""
    digits = draw(st.integers(0, 4))
    low, step = draw(st.integers(-20, 20)), draw(st.integers(1, 9))
    count = draw(st.integers(0, 9))
    return FloatRange(
        low=low / 10**digits,
        high=(low + step * count) / 10**digits,
        step=step / 10**digits,
    )


@st.composite
def continuous_ranges(draw):
    """Draws a continuous range, on a log scale or not."""
    log = draw(st.booleans())
    low = draw(st.floats(1e-9 if log else -10.0, 10.0))
    width = draw(st.floats(0.0, 10.0))
    return FloatRange(low=low, high=low + width, log=log)


def choices():
    """Draws choices of one type."""
    kinds = (
        st.integers(-9, 9),
        st.floats(-9, 9, allow_subnormal=False).map(lambda x: x + 0.0),
        st.text("abc", min_size=1, max_size=3),
    )
    return st.one_of(
        *(st.lists(kind, min_size=1, max_size=4, unique=True) for kind in kinds)
    ).map(lambda values: Choices(values=tuple(values)))


def grids():
    """Draws domains that are grids."""
    return st.one_of(choices(), stepped_ranges(), int_ranges(log=False))


def domains():
    """Draws domains of every kind."""
    return st.one_of(choices(), stepped_ranges(), int_ranges(), continuous_ranges())


@st.composite
def spaces(draw, domain=None, *, most=5):
    """Draws a space whose children come after their parents.

    Conditions name fixed keys, choices of parents, and values that never occur.
    """
    domain = domains() if domain is None else domain
    fixed = tuple((f"fixed{n}", draw(st.integers(0, 1))) for n in range(2))
    parameters = []
    for number in range(draw(st.integers(0, most))):
        parents = dict.fromkeys(("fixed0", "fixed1"), (0, 1))
        parents |= {
            p.key: p.domain.values for p in parameters if isinstance(p.domain, Choices)
        }
        when = draw(st.lists(st.sampled_from(sorted(parents)), max_size=2, unique=True))
        conditions = tuple(
            (
                key,
                tuple(draw(st.lists(st.sampled_from(parents[key]), min_size=1))),
            )
            for key in when
        )
        parameters.append(
            Parameter(key=f"p{number}", domain=draw(domain), when=conditions)
        )
    return SearchSpace(parameters=tuple(parameters), fixed=fixed)


class Suggester:
    """Suggests by a plain function of the domain's ends; records the domains.

    ``pick`` gets a name and the two ends of what may be suggested.
    """

    def __init__(self, pick):
        """Takes the function."""
        self._pick = pick
        self.suggested = {}

    def suggest_categorical(self, name, choices):
        """Picks between the first and the last choice."""
        self.suggested[name] = choices
        return choices[self._pick(0, len(choices) - 1)]

    def suggest_int(self, name, low, high, *, step, log):
        """Picks between the two ends."""
        self.suggested[name] = (low, high, step, log)
        return self._pick(low, high)

    def suggest_float(self, name, low, high, *, step, log):
        """Picks between the two ends."""
        self.suggested[name] = (low, high, step, log)
        return self._pick(low, high)


def contains(domain, value):
    """Checks whether a value is in a domain: the definition, written again."""
    match domain:
        case Choices(values=values):
            return value in values
        case IntRange(low=low, high=high, step=step):
            whole = float(value).is_integer()
            return whole and low <= value <= high and (value - low) % step == 0
        case FloatRange(low=low, high=high, step=None):
            return low <= value <= high
        case FloatRange(low=low, high=high, step=step):
            count = (value - low) / step
            return low <= value <= high and abs(count - round(count)) < 1e-8
