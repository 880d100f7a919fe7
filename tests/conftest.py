"""What all tests share: a backend that opens no windows, and hypothesis settings that do not depend on the machine."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("popgraph", deadline=None, derandomize=True, max_examples=100)  # shared machines stall
settings.load_profile("popgraph")
