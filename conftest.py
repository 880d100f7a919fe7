"""Leave the doctests of an extra out where its library is not installed; in CI it must be."""

import os
from importlib.util import find_spec

collect_ignore_glob = [] if os.environ.get("CI") or find_spec("torch") else ["popgraph/torch/*"]
