"""Verdicts: whether f spans the graph's leading eigenvectors F*, exactly, from samples, or from one graph to another."""
