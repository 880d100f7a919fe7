"""What pictures read off a population by its protocol: which views to draw, their classes, and Ā and w among them."""

from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.classes import classes_in_order, label_in_words, list_labels
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import Eigenpairs, ViewedPopulation
from popgraph.basics.words import printable, shorten
from popgraph.declare import Image
from popgraph.errors import InvalidArgument
from popgraph.plot.fonts import without_joiners
from popgraph.populations import PopulationGraph

MAX_VIEWS_AS_IMAGES = 30  # more thumbnails would cover one another
MAX_VIEWS_DRAWN = 2000  # beyond it a cell of a matrix is less than a pixel, and a sample is drawn
DENSE_PRODUCT_MIN_TERMS = 5e7  # products of two entries, beyond which a sparse product takes longer than drawing does
BLOCK_ENTRIES = 4_000_000  # of a dense block of rows or columns: 32 MB


def read_viewed(call: str, population: Any) -> ViewedPopulation:
    """Return a population whose views are listed; the refusal of another names the call, and what helps."""
    viewed: ViewedPopulation = read_population(call, population, ViewedPopulation)
    return viewed


def check_value(name: str, value: Any, *kinds: type) -> None:
    """Refuse what is no value of these classes, before a figure is opened for it."""
    if not isinstance(value, kinds):
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be a {kinds[0].__name__}")


class ListedEigenpairs(Eigenpairs, Protocol):
    """Eigenpairs whose eigenvectors are listed, view by view: a `Spectrum`."""

    @property
    def eigenvectors(self) -> Floats:
        """Orthonormal columns, (N, k)."""


def check_spectrum(value: Any, needed: type = Eigenpairs) -> None:
    """Refuse what has not the names of `Eigenpairs`, or of `ListedEigenpairs`."""
    if not satisfies(value, needed):
        raise InvalidArgument(f"spectrum is {shorten(value)}; it must be a Spectrum")


def drawn_as_images(population: ViewedPopulation) -> bool:
    """Whether the views are images, and few enough to be drawn as such."""
    return population.N <= MAX_VIEWS_AS_IMAGES and all(isinstance(view, Image) for view in population.views)


def chosen_views(population: ViewedPopulation) -> tuple[Ints, str]:
    """Return the positions of the views to draw, all or a seeded sample in their order, and what a title says of that."""
    if population.N <= MAX_VIEWS_DRAWN:
        return np.arange(population.N), ""
    sample = np.sort(np.random.default_rng(0).choice(population.N, MAX_VIEWS_DRAWN, replace=False))
    return sample, f"\n(drawn: {MAX_VIEWS_DRAWN:,} of {population.N:,} views, sampled)"


def adjacency_among(population: ViewedPopulation, shown: Ints) -> Any:
    """Return Ā among the views shown, a sparse (s, s) array: from the factor of a listed graph, else from ĀX for unit columns X.

    Of another population's ĀX only what joins two views of one component, and is positive, is no rounding.
    """
    if isinstance(population, PopulationGraph):
        return column_products(population.factor[:, shown])
    among = np.empty((len(shown), len(shown)))
    width = max(1, BLOCK_ENTRIES // population.N)
    for start in range(0, len(shown), width):
        columns = shown[start : start + width]
        units = np.zeros((population.N, len(columns)))
        units[columns, np.arange(len(columns))] = 1.0
        among[:, start : start + width] = np.asarray(population.gram(units))[shown]
    component = np.asarray(population.components)[shown]
    among[component[:, np.newaxis] != component] = 0.0
    return sp.csr_array(np.maximum((among + among.T) / 2, 0.0))


def weights_among(population: ViewedPopulation, which: str, shown: Ints) -> Floats:
    """Return w or Ā, which="w" or "adjacency", among the views shown: a dense (s, s) array."""
    if isinstance(population, PopulationGraph) and len(shown) == population.N:
        return population.w if which == "w" else population.adjacency
    adjacency = adjacency_among(population, shown).toarray()
    root = np.sqrt(population.w_x[shown])
    return np.asarray(root[:, np.newaxis] * adjacency * root if which == "w" else adjacency)


def column_products(M: Any) -> Any:
    """Return MᵀM (N, N) of a sparse (n, N) matrix, by way of blocks of dense rows where these are faster."""
    n, N = M.shape
    if float((np.diff(M.indptr).astype(float) ** 2).sum()) < DENSE_PRODUCT_MIN_TERMS:
        return M.T @ M
    products, step = np.zeros((N, N)), max(1, BLOCK_ENTRIES // N)
    for start in range(0, n, step):
        rows = M[start : start + step].toarray()
        products += rows.T @ rows
    return sp.csr_array(products)


def classes_of_views(population: ViewedPopulation, labels: Any) -> tuple[list[str], Ints]:
    """Return the classes' names and each view's class, -1 if unlabelled: those given, the population's own, or its components."""
    given: Any = read_labels(labels, population.views, noun="view") if labels is not None else _own_labels(population)
    if given is None:
        names = [f"component {c + 1}" for c in range(population.component_count)]
        given = np.array(names)[population.components]
    if np.issubdtype(given.dtype, np.number):  # class 0 has the first colour wherever it is seen first
        numbers, of_view = np.unique(given, return_inverse=True)
        return [class_name(name) for name in numbers], of_view
    first, of_view = classes_in_order(given)
    listed = list_labels(given)
    classes = [listed[i] for i in first.tolist()]
    if classes and all(type(each) in (int, float) for each in classes):
        # Numbers beside None have the colours that they would have without it.
        rank = np.argsort(np.argsort(classes, kind="stable"))
        of_view = np.where(of_view < 0, -1, rank[of_view])
        classes = sorted(classes)
    return [class_name(name) for name in classes], of_view


def _own_labels(population: ViewedPopulation) -> Any:
    """Return a population's own classes of its views, (N,), or None of one without."""
    if hasattr(population, "labels") and population.labels is None:
        return None
    of_views = population.view_labels
    return None if of_views is None else np.asarray(of_views)


def class_name(label: Any) -> str:
    """Write a class as a legend does: words as they are, and what cannot be written in short."""
    return printable(without_joiners(label), 40) if isinstance(label, str) else label_in_words(label)
