"""Populations: the graph on the views of a distribution under an augmentation, listed, exact or by its structure."""
