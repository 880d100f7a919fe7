"""What f is good for: linear probes of an embedding, and how far equal-loss embeddings differ.

`task.py` is what every head is given; `heads.py` (least squares, logistic) and `exact.py` return a B.
"""

from popgraph.downstream.probing.family import ProbeRange, probe_range
from popgraph.downstream.probing.fit import probe
from popgraph.downstream.probing.value import Probe

__all__ = ["Probe", "ProbeRange", "probe", "probe_range"]
