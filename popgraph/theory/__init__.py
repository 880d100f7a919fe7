"""The theorems as computations: what is known of a population graph, from its spectrum, beside what was measured on it."""

from popgraph.theory.minima import critic_minimum, minimum, mutual_information

__all__ = ["critic_minimum", "minimum", "mutual_information"]
