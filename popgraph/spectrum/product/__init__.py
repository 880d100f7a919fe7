"""Spectra of what factorises: the levels of a product, and the search for factors in a matrix."""
