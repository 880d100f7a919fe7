"""The solvers, one a file: all blocks of one shape in, their leading eigenpairs out.

No solver imports another, with one exception: `operator.py`, which knows a population by its products alone, searches by
the Lanczos iteration of `iterative.py`.
"""
