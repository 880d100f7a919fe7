"""How graphs of two kinds of views, their spectra and trainings become JSON and arrays, and are read back, checked."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.errors import InvalidFile
from popgraph.io.outcomes import decode, encode, text_of, text_tree
from popgraph.io.pairs import exact_of_tree, exact_tree
from popgraph.populations import BipartiteGraph, bipartite_graph, of_two_kernels
from popgraph.spectrum import SingularSpectrum

ORTHONORMALITY_ALLOWED = 1e-8  # of the entries of UᵀU - I; above it, a file counts as edited


def bipartite_tree(writer: Any, graph: BipartiteGraph) -> dict[str, Any]:
    """Return the tree of a graph: of its two kernels, from which the rest follows, or of C where that was given directly."""
    labels = {name: getattr(graph, name) for name in ("labels", "labels_x", "labels_z")}
    tree: dict[str, Any] = {
        name: None if each is None else [encode(label, f"label {i}") for i, label in enumerate(list_labels(each))]
        for name, each in labels.items()
    }
    tree["name"] = text_tree(graph.name)
    if graph.first is not None:
        return {**tree, "first": writer.graph(graph.of_x), "second": writer.graph(graph.of_z)}
    C = graph.pairs
    return {
        **tree,
        "views_x": writer.outcomes(graph.views_x, "view x"),
        "views_z": writer.outcomes(graph.views_z, "view z"),
        "data": writer.array(C.data),
        "indices": writer.array(C.indices.astype(np.int64)),
        "indptr": writer.array(C.indptr.astype(np.int64)),
        **exact_tree(writer, graph.given_weights),
    }


def bipartite_of_tree(reader: Any, tree: Any) -> BipartiteGraph:
    """Return a graph of two kinds of views, after checking that its kernels, or C, are such."""
    name = text_of(tree["name"])
    if "first" in tree:
        first, second = reader.graph(tree["first"]).population, reader.graph(tree["second"]).population
        one, other = first.distribution, second.distribution
        if one.outcomes != other.outcomes or not np.array_equal(one.probabilities, other.probabilities):
            raise InvalidFile("the two kernels are not of the same naturals")
        return of_two_kernels(first, second, labels=_labels(tree["labels"], one.outcomes), name=name)
    data = reader.array(tree["data"], "f", 1)
    indices, indptr = (reader.array(tree[name], "i", 1) for name in ("indices", "indptr"))
    counts = [each if type(each) is int else len(each) for each in (tree["views_x"], tree["views_z"])]
    views_x, views_z = (reader.outcomes(tree[f"views_{side}"], n) for side, n in zip("xz", counts, strict=True))
    complete = len(indptr) == counts[0] + 1 and indptr[0] == 0 and indptr[-1] == len(data) == len(indices)
    if not complete or (np.diff(indptr) < 1).any() or not ((indices >= 0) & (indices < counts[1])).all():
        raise InvalidFile("the rows and columns of C do not fit together")
    C = sp.csr_array((data, indices, indptr), shape=tuple(counts))
    if not (data > 0).all() or not abs(data.sum() - 1) <= SUM_TOLERANCE or not C.has_canonical_format:
        raise InvalidFile("C is no law of pairs")
    if len(np.unique(indices)) < counts[1]:
        raise InvalidFile("C has a view z that is in no pair")
    return bipartite_graph(
        views_x,
        views_z,
        C,
        exact=exact_of_tree(reader, tree, data),
        labels_x=_labels(tree["labels_x"], views_x),
        labels_z=_labels(tree["labels_z"], views_z),
        name=name,
    )


def _labels(tree: Any, names: Any) -> Any:
    """Return one label for each of these, or None where there are none."""
    return None if tree is None else read_labels([decode(label) for label in tree], names)


def check_singular_spectrum(value: SingularSpectrum) -> SingularSpectrum:
    """Return a spectrum whose arrays fit together, and whose vectors are orthonormal."""
    k = len(value.sigma)
    arrays = (value.sigma, value.left, value.right, value.w_x, value.w_z)
    consistent = value.left.shape == (len(value.w_x), k) and value.right.shape == (len(value.w_z), k) and k > 0
    consistent = consistent and value.residuals.shape == (k,) and all(np.isfinite(each).all() for each in arrays)
    consistent = consistent and np.array_equal(value.sigma, value.sigma_known[:k])
    if not consistent or (np.diff(value.sigma_known) > 0).any():
        raise InvalidFile("the arrays of the spectrum do not fit together")
    deviation = max(np.abs(each.T @ each - np.eye(k)).max() for each in (value.left, value.right))
    laws = (value.w_x, value.w_z)
    if deviation > ORTHONORMALITY_ALLOWED or any((w <= 0).any() or abs(w.sum() - 1) > SUM_TOLERANCE for w in laws):
        raise InvalidFile(
            "the singular vectors are not orthonormal, or w_x or w_z is no distribution: the file was edited"
        )
    return value


def check_pair_training(value: Any) -> Any:
    """Return a training of two encoders whose arrays fit together."""
    T, both = len(value.steps), (value.f, value.g)
    consistent = all(each.ndim == 2 and np.isfinite(each).all() for each in both) and T > 0
    consistent = (
        consistent and value.f.shape[1] == value.g.shape[1] and T == len(value.loss) == len(value.gradient_norm)
    )
    for name in ("features", "weights"):
        consistent = consistent and len(getattr(value, name)) == 2
    if not consistent:
        raise InvalidFile("the arrays of the training do not fit together")
    return value
