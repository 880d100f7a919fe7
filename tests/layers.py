"""Which layer of the tests runs, the default one or everything. `conftest.py` says what belongs to which, and chooses."""

import pytest

EVERYTHING = False  # set before any module of tests is collected
DEFAULT_EXAMPLES = 10  # of each property, in the default layer


def examples(full: int, default: int = DEFAULT_EXAMPLES) -> int:
    """How many examples hypothesis draws of a property."""
    return full if EVERYTHING else min(full, default)


def first_by_default(*cases, default=1):
    """The cases of one test, of which the first few are in the default layer and the others are slow."""
    return [pytest.param(case, marks=[pytest.mark.slow] * (place >= default)) for place, case in enumerate(cases)]
