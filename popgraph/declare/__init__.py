"""Declare a population: a distribution of naturals, and an augmentation that turns each into a distribution of views.

A `Distribution` holds outcomes and probabilities, exact where they are declared so. An `Augmentation` is a function from a
natural to a distribution, most often made of a few combinators: `apply` a function with a probability, `choose` among
augmentations, augment coordinates `independently`, or go on with `.then`. `images` has those of pictures. `enumerate_views`
lists what a distribution under an augmentation reaches, in batches where the outcomes are tuples or images (`batch/`).

>>> from popgraph.declare import Distribution, apply
>>> animals = Distribution({"cat": "1/3", "dog": "2/3"})
>>> blur = apply(lambda animal: animal + " blurred", "1/4")
>>> blur("cat")
Distribution({'cat': 3/4, 'cat blurred': 1/4})
>>> blur.then(blur).table(animals)
KernelTable(apply(<lambda>, 1/4).then(apply(<lambda>, 1/4)): 2 naturals, 6 views)
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.declare import images
from popgraph.declare.augmentation import Augmentation, as_augmentation, from_table
from popgraph.declare.batch.numbering import distinct
from popgraph.declare.batch.states import LazySequence, LetterCoding, NumberCoding, StateSequence
from popgraph.declare.combinators import applied, apply, choose, identity, independently
from popgraph.declare.distribution import Distribution, Seed, joint_distribution
from popgraph.declare.enumerated import (
    EnumeratedPopulation,
    ExactKernel,
    check_floats,
    enumerate_population,
    enumerate_views,
    read_distribution,
    read_law_and_matrix,
    read_rows,
)
from popgraph.declare.image import Image

__all__ = [
    "Augmentation",
    "Distribution",
    "EnumeratedPopulation",
    "ExactKernel",
    "Image",
    "LazySequence",
    "LetterCoding",
    "NumberCoding",
    "Seed",
    "StateSequence",
    "applied",
    "apply",
    "as_augmentation",
    "check_floats",
    "choose",
    "distinct",
    "enumerate_population",
    "enumerate_views",
    "from_table",
    "identity",
    "images",
    "independently",
    "joint_distribution",
    "read_distribution",
    "read_law_and_matrix",
    "read_rows",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
