"""Learn: descend on a contrastive loss over the whole population, or over sampled pairs, to an embedding f.

`train` starts from a random f of k columns and returns a `Training`: f, its loss and gradient norm at each step, and how it
ended. `loss=` is any of `popgraph.losses`; `features=` restricts f to a class of functions; `batch_size=` samples pairs.
Of a population it asks products with Ā, or of a product the moments of the class, so that it takes every kind.
Of two kinds of views it learns two embeddings, f and g, a `PairTraining`. `train_critic` learns a table of scores s(x, x')
itself. `flow` follows f through time from a start by a closed form, and returns a `Flow`: when each mode of Ā switches on.
Nothing here imports the spectrum or a verdict: what is judged must not see the answer.

>>> import popgraph as pg
>>> from popgraph.training import flow, train
>>> training = train(pg.zoo.hypercube(3), k=2, rng=0)
>>> training.f.shape, training.converged
((8, 2), True)
>>> print(f"{training.loss[-1]:.4f}")  # the least there is, -Σγ² = -1 - 1/16
-1.0625
>>> flow(pg.zoo.hypercube(3), k=2, start=0.01).switch_on.round(3)  # the constant first
array([0.574, 1.589])
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.training.critic import train_critic
from popgraph.training.flows.flowing import flow
from popgraph.training.flows.value import Flow
from popgraph.training.learning import Training, train
from popgraph.training.two_encoders import PairTraining

__all__ = [
    "Flow",
    "PairTraining",
    "Training",
    "flow",
    "train",
    "train_critic",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
