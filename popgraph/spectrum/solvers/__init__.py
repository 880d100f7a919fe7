"""The solvers, one a file: all blocks of one shape in, their leading eigenpairs out. No solver imports another."""
