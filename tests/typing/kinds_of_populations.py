"""Each kind of population, as a type checker compares it with its protocol. It is read, never run."""

from typing import assert_type

import popgraph as pg
from popgraph.basics.protocols import (
    Coordinates,
    Eigenpairs,
    LabelledPopulation,
    PairedPopulation,
    Population,
    UnlistedPopulation,
    ViewedPopulation,
)
from popgraph.populations.structure import MixtureGraph, ProductGraph


def listed(graph: pg.PopulationGraph) -> LabelledPopulation:
    """Take a listed graph for a population with naturals and views."""
    return graph


def mixed(graph: MixtureGraph) -> LabelledPopulation:
    """Take a mixture for a population with naturals and views."""
    return graph


def in_blocks(graph: pg.dask.BlockGraph) -> LabelledPopulation:
    """Take a graph in blocks for a population with naturals and views."""
    return graph


def product(graph: ProductGraph) -> UnlistedPopulation:
    """Take a product for a population that lists nothing."""
    return graph


def weaker(graph: LabelledPopulation) -> tuple[ViewedPopulation, Coordinates, Population]:
    """Take what has naturals and views for what has fewer of them."""
    return graph, graph, graph


def eigenpairs(graph: pg.PopulationGraph, pair: ProductGraph) -> tuple[Eigenpairs, Eigenpairs]:
    """Take both spectra for eigenpairs."""
    return graph.spectrum(1), pair.spectrum(1)


def two_kinds(graph: pg.BipartiteGraph) -> PairedPopulation:
    """Take a graph of two kinds of views for one."""
    return graph


def two_encoders(law: pg.Distribution, images: pg.Augmentation, captions: pg.Augmentation) -> pg.SingularSpectrum:
    """A second kernel makes another kind of graph, and its verbs return other values."""
    graph = pg.build(law, images, second=captions)
    assert_type(graph, pg.BipartiteGraph)
    assert_type(pg.build(law, images), pg.PopulationGraph)
    assert_type(graph.side_x, pg.PopulationGraph)
    assert_type(pg.zero_shot(graph, graph.spectrum(2), {"cat": "a cat"}).error, float | None)
    assert_type(pg.train(graph, 2), pg.PairTraining)
    assert_type(pg.verify(graph, pg.train(graph, 2)), pg.PairMatch)
    assert_type(pg.train(graph.side_x, 2), pg.Training)
    return graph.spectrum(2)
