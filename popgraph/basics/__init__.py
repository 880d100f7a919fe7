"""The ground floor, which every room stands on: arrays, the readers of arguments, memory, progress, and what a population is asked.

| file | what for |
|---|---|
| `arguments/` | one reader for each kind of argument that users hand over |
| `protocols.py` | what verbs ask of a population, and `read_population` |
| `arrays.py`, `subspace.py`, `blas.py` | arrays that cannot be changed; angles, ranks and tolerances; one thread |
| `memory.py`, `progress.py` | `TooLarge` before anything is allocated; bars |
| `html.py`, `namespaces.py` | how values print; what `dir()` shows |
| `words.py`, `extras.py` | how messages are put together; libraries imported on first use |
| `pickling.py`, `encoding.py` | functions on their way to another process; views as numbers for networks |

>>> from popgraph.basics.arguments import count
>>> count("steps", "ten")
Traceback (most recent call last):
popgraph.errors.InvalidArgument: steps is 'ten'; it must be a whole number, 1 or more
"""
