"""How a graph of given pairs becomes JSON and arrays, and how it is read back, checked like a declaration."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.basics.arrays import frozen
from popgraph.errors import InvalidFile
from popgraph.io.outcomes import decode, digits, encode, from_digits, text_of, text_tree
from popgraph.populations import ExactWeights, PairGraph, pair_graph

ASYMMETRY_ALLOWED = 1e-12  # relative
FRACTION_ROUNDING = 1e-14  # relative, of a float beside the fraction that it stands for


def pairs_tree(writer: Any, graph: PairGraph) -> dict[str, Any]:
    """Return the tree of a graph of given pairs."""
    w, exact = graph.pairs, graph.exact_weights
    labels = None if graph.labels is None else list_labels(graph.labels)
    return {
        "views": writer.outcomes(graph.views, "view"),
        "data": writer.array(w.data),
        "indices": writer.array(w.indices.astype(np.int64)),
        "indptr": writer.array(w.indptr.astype(np.int64)),
        **exact_tree(writer, exact),
        "labels": None if labels is None else [encode(label, f"label {i}") for i, label in enumerate(labels)],
        "name": text_tree(graph.name),
    }


def exact_tree(writer: Any, exact: ExactWeights | None) -> dict[str, Any]:
    """Return the tree of weights as fractions, None where there are none."""
    if exact is None:
        return {"numerators": None, "denominator": None}
    fit_int64 = exact.numerators.dtype != object
    numerators = writer.array(exact.numerators) if fit_int64 else [digits(int(number)) for number in exact.numerators]
    return {"numerators": numerators, "denominator": digits(exact.denominator)}


def pairs_of_tree(reader: Any, tree: Any) -> PairGraph:
    """Return a graph of given pairs, after checking that w is a symmetric law of pairs."""
    data = reader.array(tree["data"], "f", 1)
    indices, indptr = (reader.array(tree[name], "i", 1) for name in ("indices", "indptr"))
    N = tree["views"] if type(tree["views"]) is int else len(tree["views"])
    views = reader.outcomes(tree["views"], N)
    complete = len(indptr) == N + 1 and indptr[0] == 0 and indptr[-1] == len(data) == len(indices)
    if not complete or (np.diff(indptr) < 1).any() or not ((indices >= 0) & (indices < N)).all():
        raise InvalidFile("the rows and columns of w do not fit together")
    w = sp.csr_array((data, indices, indptr), shape=(N, N))
    if not (data > 0).all() or not abs(data.sum() - 1) <= SUM_TOLERANCE or not w.has_canonical_format:
        raise InvalidFile("w is no law of pairs")
    if (difference := abs(w - w.T)).nnz and (difference > ASYMMETRY_ALLOWED * (w + w.T)).nnz:
        raise InvalidFile("w is not symmetric")
    labels = None if tree["labels"] is None else read_labels([decode(label) for label in tree["labels"]], views)
    return pair_graph(views, w, exact=exact_of_tree(reader, tree, data), labels=labels, name=text_of(tree["name"]))


def exact_of_tree(reader: Any, tree: Any, data: Any) -> ExactWeights | None:
    """Return the weights as fractions, after checking that they are the weights in floats."""
    if tree["numerators"] is None:
        return None
    if isinstance(tree["numerators"], list):
        numerators = np.array([int(from_digits(text)) for text in tree["numerators"]], dtype=object)
    else:
        numerators = reader.array(tree["numerators"], "i", 1).copy()
    denominator = int(from_digits(tree["denominator"]))
    listed = [int(number) for number in numerators]
    floats = [number / denominator for number in listed] if denominator > 0 else []
    same = len(floats) == len(data) and np.allclose(floats, data, rtol=FRACTION_ROUNDING, atol=0)
    if not same or sum(listed) != denominator:
        raise InvalidFile("the fractions of w are not its floats")
    return ExactWeights(frozen(numerators), denominator)
