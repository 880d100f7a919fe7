"""`ListedViews`: what a graph does with the list of its views alone: find one in it, and hand w over to networkx and pandas."""

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from popgraph.basics.arguments import by_value
from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.words import did_you_mean, shorten
from popgraph.declare import StateSequence
from popgraph.errors import InvalidArgument
from popgraph.populations import export


class ListedViews(Immutable):
    """A graph whose N views are listed; a subclass has `views`, `w_x`, `w`, `weight_matrix` and `name`."""

    if TYPE_CHECKING:  # not at run time, where a dataclass would take a property of its base for a field's default

        @property
        def views(self) -> Sequence[Hashable]: ...  # noqa: D102
        @property
        def w_x(self) -> Floats: ...  # noqa: D102
        @property
        def w(self) -> Floats: ...  # noqa: D102
        @property
        def name(self) -> str: ...  # noqa: D102
        def weight_matrix(self, form: Any = "csr") -> Any: ...  # noqa: D102

    @cached_property
    def _index(self) -> dict[Hashable, int]:
        return {by_value(view): i for i, view in enumerate(self.views)}

    def index(self, view: Any) -> int:
        """Return the row of a view; `.InvalidArgument` if it is none of this graph.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(2).index((0, 1))
        1
        """
        try:
            if isinstance(self.views, range) and isinstance(view, int | np.integer):  # no dictionary of 10^7 numbers
                return self.views.index(int(view))
            return self.views.index(view) if isinstance(self.views, StateSequence) else self._index[by_value(view)]
        except (KeyError, TypeError, ValueError):
            meant = did_you_mean([view], self.views) or "; its views are graph.views"
            raise InvalidArgument(f"{shorten(view)} is no view of this graph{meant}") from None

    def to_networkx(self) -> export.Graph:
        """Return a networkx Graph: a node for each view with its ``w_x``, an edge for each w_xx' > 0 with its ``weight``.

        Self-weights are self-loops, which networkx' degree counts twice: its Laplacians are off. `.TooLarge` if w does not fit.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(2).to_networkx().nodes[0, 1]
        {'w_x': 0.25}
        """
        return export.to_networkx(self.views, self.w_x, self.weight_matrix("csr"), self.name)

    def to_pandas(self) -> export.DataFrame:
        """Return w as a pandas DataFrame, labelled by the views on both sides; `.TooLarge` if it does not fit.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(1).to_pandas().to_numpy().tolist()
        [[0.3125, 0.1875], [0.1875, 0.3125]]
        """
        return export.to_pandas(self.views, self.w)
