"""For tests of your own: assertions that fail with the sentence and the numbers that a person needs."""

from popgraph.testing.assertions import assert_matches, assert_optimal, assert_same_span, assert_theorem

__all__ = ["assert_matches", "assert_optimal", "assert_same_span", "assert_theorem"]
