"""Follow an embedding through time, exactly: gradient flow on the spectral loss, linear Barlow Twins, BYOL and SimSiam.

`flowing.py` reads what the user gives and makes a `Flow`; `rules.py` is the table of the rules. Every rule moves a row of F for
each eigenvalue of Ā (`modes.py`), by a closed form (`spectral.py`), an integration, or descent in steps. Nothing here is judged,
so it may see the eigenvectors that `train` may not.
"""
