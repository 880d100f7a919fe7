"""Which values a file holds, how each becomes JSON and arrays, and how it is read back, checked like a declaration."""

from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.basics.arrays import frozen, frozen_csr
from popgraph.basics.words import shorten
from popgraph.declare import Distribution, EnumeratedPopulation, ExactKernel
from popgraph.errors import InvalidFile, PopgraphError
from popgraph.io.bipartite import bipartite_of_tree, bipartite_tree, check_pair_training, check_singular_spectrum
from popgraph.io.outcomes import decode, digits, encode, from_digits, text_of, text_tree
from popgraph.io.pairs import pairs_of_tree, pairs_tree
from popgraph.populations import BipartiteGraph, KnownLabels, PairGraph, PopulationGraph, from_population
from popgraph.spectrum import Certificate, SignedSpectrum, SingularCertificate, SingularSpectrum, SolverUse, Spectrum
from popgraph.training import PairTraining, Training

# Of a training: files of earlier versions lack them
NOT_IN_EARLIER_FILES = {
    **dict.fromkeys(("noise", "head", "below_head", "head_weights")),
    "weight_decay": {"float": (0.0).hex()},
    "nonnegative": False,
}
SPECTRA, TRAININGS = (Spectrum, SignedSpectrum, SingularSpectrum), (Training, PairTraining)
GRAPHS = (PopulationGraph, PairGraph, BipartiteGraph)
KINDS: dict[str, type] = {each.__name__: each for each in (Distribution, *GRAPHS, *SPECTRA, *TRAININGS)}
RECORDS: dict[str, type] = {
    each.__name__: each for each in (Certificate, SingularCertificate, SolverUse, *SPECTRA, *TRAININGS)
}
ORTHONORMALITY_TOLERANCE = 1e-8  # of the entries of VᵀV - I; above it, a file counts as edited


class Writer:
    """Turn values into trees for JSON, and gather their arrays."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}

    def array(self, array: Any) -> dict[str, str]:
        """Gather an array; return the reference to it that stands in the tree."""
        name = f"array_{len(self.arrays)}"
        self.arrays[name] = np.asarray(array)
        return {"array": name}

    def value(self, value: Any) -> Any:
        """Return the tree of a value."""
        if isinstance(value, Distribution):
            return self.distribution(value)
        if isinstance(value, PopulationGraph):
            return self.graph(value)
        if isinstance(value, PairGraph):
            return pairs_tree(self, value)
        if isinstance(value, BipartiteGraph):
            return bipartite_tree(self, value)
        if type(value).__name__ in RECORDS:
            return {each.name: self.part(getattr(value, each.name)) for each in fields(value)}
        raise AssertionError("save has checked the kind")

    def part(self, part: Any) -> Any:
        """Return the tree of a field of a record."""
        if isinstance(part, np.ndarray):
            return self.array(part)
        if type(part).__name__ in RECORDS:
            return self.value(part)
        if isinstance(part, float | np.floating):
            return {"float": float(part).hex()}
        if isinstance(part, np.bool_ | np.integer):
            return part.item()
        if isinstance(part, tuple):
            return [self.part(each) for each in part]
        return text_tree(part) if isinstance(part, str) else part

    def distribution(self, law: Distribution) -> dict[str, Any]:
        """Return the tree of a distribution: exact ones as fractions."""
        outcomes = self.outcomes(law.outcomes, "outcome")
        if law.exact:
            return {"outcomes": outcomes, "exact": [digits(p) for p in law.fractions.values()]}
        return {"outcomes": outcomes, "floats": self.array(law.probabilities)}

    def outcomes(self, outcomes: Sequence[Any], what: str) -> Any:
        """Return the tree of outcomes or views; 0, 1, ... as their number."""
        if isinstance(outcomes, range) and outcomes == range(len(outcomes)):
            return len(outcomes)
        return [encode(outcome, f"{what} {i}") for i, outcome in enumerate(outcomes)]

    def graph(self, graph: PopulationGraph) -> dict[str, Any]:
        """Return the tree of a graph: its population, from which the rest follows."""
        kernel, exact = graph.kernel, graph.population.exact
        numerators: Any = None
        if exact is not None:
            fit_int64 = isinstance(exact.numerators, np.ndarray) and exact.numerators.dtype != object
            numerators = exact.numerators
            numerators = self.array(numerators) if fit_int64 else [digits(int(number)) for number in numerators]
        labels = None if graph.labels is None else list_labels(graph.labels)
        return {
            "distribution": self.distribution(graph.population.distribution),
            "views": self.outcomes(graph.views, "view"),
            "data": self.array(kernel.data),
            "indices": self.array(kernel.indices.astype(np.int64)),
            "indptr": self.array(kernel.indptr.astype(np.int64)),
            "numerators": numerators,
            "denominators": None if exact is None else [digits(number) for number in exact.denominators],
            "labels": None if labels is None else [encode(label, f"label {i}") for i, label in enumerate(labels)],
            "name": text_tree(graph.name),
            **({} if graph.known is None else {"known": self.known(graph.known)}),
        }

    def known(self, known: KnownLabels) -> dict[str, Any]:
        """Return the tree of the labels that a graph's pairs are drawn by."""
        labels = [encode(label, f"known label {i}") for i, label in enumerate(list_labels(known.labels))]
        classes = [encode(label, f"class {i}") for i, label in enumerate(known.class_weights)]
        weights = [self.number(share) for share in known.class_weights.values()]
        return {"labels": labels, "weight": self.number(known.weight), "classes": classes, "class_weights": weights}

    def number(self, number: Fraction | float) -> Any:
        """Return the tree of an exact number or of a float."""
        return {"exact": digits(number)} if isinstance(number, Fraction) else {"float": float(number).hex()}


class Reader:
    """Make values of a tree and arrays, neither of which is trusted."""

    def __init__(self, arrays: dict[str, Any], path: Path) -> None:
        self.arrays, self.path = arrays, path

    def top(self, manifest: dict[str, Any]) -> Any:
        """Return the value of a file."""
        kind, tree = manifest.get("kind"), manifest.get("value")
        try:
            if kind == "Distribution":
                return self.distribution(tree)
            if kind == "PopulationGraph":
                return self.graph(tree)
            if kind == "PairGraph":
                return pairs_of_tree(self, tree)
            if kind == "BipartiteGraph":
                return bipartite_of_tree(self, tree)
            if kind in RECORDS and kind in KINDS:
                return self.checked(self.record(kind, tree))
        except InvalidFile as error:
            raise InvalidFile(f"{self.path}: {error}") from error
        except (
            PopgraphError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ) as error:
            words = " ".join(str(error).split())
            raise InvalidFile(f"{self.path} holds no {shorten(kind)}: {type(error).__name__}: {words}") from error
        raise InvalidFile(f"{self.path} holds a {shorten(kind)}, which this popgraph does not know")

    def array(self, tree: Any, kind: str, dimensions: int | None = None) -> Any:
        """Return the array that a tree refers to, if it has one of the given dtype kinds ("f", "i", "b") and dimensions."""
        array = self.arrays[tree["array"]]
        if array.dtype.kind not in kind or (dimensions is not None and array.ndim != dimensions):
            raise InvalidFile(f"{tree['array']} has the wrong dtype {array.dtype} or the wrong shape {array.shape}")
        if array.dtype.kind == "f" and np.isnan(array).any() and dimensions is not None:
            raise InvalidFile(f"{tree['array']} contains NaN")
        return array

    def outcomes(self, tree: Any, count: int) -> Sequence[Any]:
        """Return outcomes or views, if there are `count` and all differ."""
        outcomes = range(tree) if type(tree) is int and tree == count else tuple(decode(each) for each in tree)
        if len(outcomes) != count or len(set(outcomes)) != count:
            raise InvalidFile(f"{count} different outcomes are needed; the file has {len(set(outcomes))}")
        return outcomes

    def distribution(self, tree: Any) -> Distribution:
        """Return a distribution, checked like one that is declared."""
        if "exact" in tree:
            probabilities: list[Any] = [from_digits(text) for text in tree["exact"]]
        else:
            probabilities = self.array(tree["floats"], "f", 1).tolist()
        outcomes = self.outcomes(tree["outcomes"], len(probabilities))
        if not all(p > 0 for p in probabilities):
            raise InvalidFile("a probability is not positive")
        return Distribution(list(zip(outcomes, probabilities, strict=True)))

    def graph(self, tree: Any) -> PopulationGraph:
        """Return a graph from its population, after checking that its kernel is one."""
        law = self.distribution(tree["distribution"])
        data = self.array(tree["data"], "f", 1)
        indices, indptr = (self.array(tree[name], "i", 1) for name in ("indices", "indptr"))
        N = tree["views"] if type(tree["views"]) is int else len(tree["views"])
        if not 0 < N <= len(data):
            raise InvalidFile(f"{len(data)} entries of a kernel cannot reach {N} views")
        views = self.outcomes(tree["views"], N)
        complete = len(indptr) == len(law) + 1 and indptr[0] == 0 and indptr[-1] == len(data) == len(indices)
        if not complete or (np.diff(indptr) < 1).any() or not ((indices >= 0) & (indices < N)).all():
            raise InvalidFile("the kernel's rows and columns do not fit together")
        kernel = sp.csr_array((data, indices, indptr), shape=(len(law), N))
        sums = np.asarray(kernel.sum(axis=1)).ravel()
        if not (data > 0).all() or not (np.abs(sums - 1) <= SUM_TOLERANCE).all() or not kernel.has_canonical_format:
            raise InvalidFile("the kernel has a row that is no distribution")
        if len(np.unique(indices)) < N:
            raise InvalidFile("the kernel has a view that no natural reaches")
        labels = None if tree["labels"] is None else [decode(label) for label in tree["labels"]]
        population = EnumeratedPopulation(law, views, frozen_csr(kernel), self.exact(tree, kernel))
        graph = from_population(population, labels=labels, name=text_of(tree["name"]))
        return graph if tree.get("known") is None else self.with_labels(graph, tree["known"])

    def with_labels(self, graph: PopulationGraph, tree: Any) -> PopulationGraph:
        """Return a graph with the labels in it that a file holds."""
        known = [decode(label) for label in tree["labels"]]
        weights = [self.number(share) for share in tree["class_weights"]]
        classes = [decode(label) for label in tree["classes"]]
        if len(set(classes)) != len(classes):
            raise InvalidFile("a known class is there twice")
        return graph.with_labels(known, self.number(tree["weight"]), dict(zip(classes, weights, strict=True)))

    def number(self, tree: Any) -> Fraction | float:
        """Return the number that `Writer.number` wrote."""
        return from_digits(tree["exact"]) if "exact" in tree else float.fromhex(tree["float"])

    def exact(self, tree: Any, kernel: Any) -> ExactKernel | None:
        """Return the exact kernel, after checking that it is the kernel in floats."""
        if tree["numerators"] is None:
            return None
        denominators = tuple(int(from_digits(text)) for text in tree["denominators"])
        if isinstance(tree["numerators"], list):
            numerators: Any = np.array([int(from_digits(text)) for text in tree["numerators"]] + [None], dtype=object)[
                :-1
            ]
        else:
            numerators = self.array(tree["numerators"], "i", 1)
        if len(denominators) != kernel.shape[0] or len(numerators) != kernel.nnz or min(denominators) < 1:
            raise InvalidFile("the kernel's fractions are not its floats")
        for i, denominator in enumerate(denominators):
            row = slice(int(kernel.indptr[i]), int(kernel.indptr[i + 1]))
            entries = [int(number) for number in numerators[row]]
            same = np.allclose([entry / denominator for entry in entries], kernel.data[row], rtol=1e-14, atol=0)
            if sum(entries) != denominator or not same:
                raise InvalidFile("the kernel's fractions are not its floats")
        return ExactKernel(frozen(numerators.copy()), denominators)

    def record(self, kind: str, tree: Any) -> Any:
        """Return a record with just its fields, each of its type."""
        names = [each.name for each in fields(RECORDS[kind])]
        if kind == "Training" and isinstance(tree, dict):
            tree = NOT_IN_EARLIER_FILES | tree
        if not isinstance(tree, dict) or sorted(tree) != sorted(names):
            raise InvalidFile(f"a {kind} has the fields {', '.join(names)}, and no others")
        certificate = "SingularCertificate" if kind == "SingularSpectrum" else "Certificate"
        pairs = ("features", "weights") if kind == "PairTraining" else ()  # one for each of two kinds of views
        values = {
            name: tuple(self.part(name, each, "") for each in tree[name])
            if name in pairs
            else self.part(name, tree[name], certificate)
            for name in names
        }
        return RECORDS[kind](**values)

    def part(self, name: str, tree: Any, certificate: str) -> Any:
        """Return a field of a record."""
        if isinstance(tree, dict) and set(tree) == {"array"}:
            return self.array(tree, "fib")
        if isinstance(tree, dict) and set(tree) == {"text"}:
            return text_of(tree)
        if isinstance(tree, dict) and set(tree) == {"float"}:
            return float.fromhex(tree["float"])
        if name == "certificate":
            return self.record(certificate, tree)
        if name == "solvers":
            return tuple(self.record("SolverUse", each) for each in tree)
        if name == "shape":
            return tuple(tree)
        if tree is not None and type(tree) not in (str, bool, int):
            raise InvalidFile(f"{name} is {shorten(tree)}, which is no value that a file holds for it")
        return tree

    def checked(self, value: Any) -> Any:
        """Return a spectrum or a training whose arrays fit together."""
        if isinstance(value, SingularSpectrum):
            return check_singular_spectrum(value)
        if isinstance(value, PairTraining):
            return check_pair_training(value)
        if isinstance(value, Training):
            T = len(value.steps)
            consistent = value.f.ndim == 2 and T == len(value.loss) == len(value.gradient_norm) and T > 0
            consistent = consistent and bool(np.isfinite(value.f).all())
            if not consistent or (value.path is not None and value.path.shape != (T, *value.f.shape)):
                raise InvalidFile("the arrays of the training do not fit together")
            _check_head(value)
            return value
        N, k = value.eigenvectors.shape
        consistent = value.gamma.shape == value.residuals.shape == (k,) and value.w_x.shape == (N,)
        consistent = consistent and all(np.isfinite(x).all() for x in (value.gamma, value.eigenvectors, value.w_x))
        consistent = consistent and np.array_equal(value.gamma, value.gamma_known[:k])
        if not consistent or (np.diff(value.gamma_known) > 0).any():
            raise InvalidFile("the arrays of the spectrum do not fit together")
        deviation = np.abs(value.eigenvectors.T @ value.eigenvectors - np.eye(k)).max()
        if deviation > ORTHONORMALITY_TOLERANCE or (value.w_x <= 0).any() or abs(value.w_x.sum() - 1) > SUM_TOLERANCE:
            raise InvalidFile("the eigenvectors are not orthonormal, or w_x is no distribution: the file was edited")
        return value


def _check_head(training: Training) -> None:
    """Raise InvalidFile if a training's linear head does not make its f."""
    h, W = training.below_head, training.head_weights
    if (h is None) != (training.head is None) or (W is None) != (training.head is None):
        raise InvalidFile("the training has a part of a linear head, and not all of it")
    if h is not None and W is not None:
        fits = h.ndim == W.ndim == 2 and h.shape[1] == W.shape[1] and (len(h), len(W)) == training.f.shape
        if not fits or not np.allclose(h @ W.T, training.f, rtol=1e-9, atol=1e-9 * float(np.abs(training.f).max())):
            raise InvalidFile("the linear head of the training does not make its f")
