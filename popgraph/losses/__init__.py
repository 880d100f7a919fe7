"""What is minimised: contrastive losses as functions of arrays, a file a family.

Each loss is one small object with its value over the population, its gradient, its value on a sampled batch, and what is known
of that value's bias; `Loss` lists what `popgraph.train` needs of one of your own. `audit` enumerates every batch of a small graph
for the exact bias and variance. With ``noise=`` the negatives of three losses come from another law than w_x, made by `noise_law`,
`debiased_negatives` or `hard_negatives`. A loss depends on Ā, w_x and f alone; the known minima are in `popgraph.theory`, as
training must not see them.

>>> import popgraph as pg
>>> from popgraph import losses
>>> cloud = pg.zoo.lightning_cloud()
>>> losses.spectral.value(cloud.factor, cloud.w_x, cloud.spectrum(2).embedding)
-2.0
>>> losses.InfoNCE(temperature=0.5).bias
'biased: unbiased for B - 1 negatives instead'
>>> pg.theory.critic_minimum(losses.NTLogistic(negatives=2, noise=0.75), cloud)  # word2vec's loss
1.385
"""

from typing import TYPE_CHECKING, Any, Protocol

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.namespaces import missing, only
from popgraph.losses.auditing import Audit, audit
from popgraph.losses.critics import NTLogistic, nt_logistic
from popgraph.losses.infonce import InfoNCE, clip, infonce, simclr
from popgraph.losses.noise import bound_to as bound_to  # for other rooms, as the next ones, and not public
from popgraph.losses.noise import debiased_negatives, hard_negatives, noise_law
from popgraph.losses.noise import loss_with_noise as loss_with_noise
from popgraph.losses.noise import read_pair_loss as read_pair_loss
from popgraph.losses.reading import read_loss as read_loss  # as the next ones: for other rooms, and not public
from popgraph.losses.redundancy import BarlowTwins, IdealisedVICReg, VICReg, barlow_twins, idealised_vicreg, vicreg
from popgraph.losses.scaled import ScaledLoss as ScaledLoss
from popgraph.losses.scaled import batch_gradient as batch_gradient
from popgraph.losses.scaled import critic_gradient as critic_gradient
from popgraph.losses.scaled import is_ready_made as is_ready_made
from popgraph.losses.scaled import pair_gradient as pair_gradient
from popgraph.losses.scaled import pair_law as pair_law
from popgraph.losses.scaled import pair_table as pair_table
from popgraph.losses.scaled import population_value as population_value
from popgraph.losses.scaled import scaled_hessian as scaled_hessian
from popgraph.losses.scaled import scaled_loss as scaled_loss
from popgraph.losses.spectral_family import (
    CentredLoss,
    OrderedLoss,
    SpectralLoss,
    UnsquaredLoss,
    centred,
    matrix_factorisation,
    ordered,
    spectral,
    unsquared,
)
from popgraph.losses.two_encoders import dense_pairs as dense_pairs

__all__ = [
    "Audit",
    "BarlowTwins",
    "CentredLoss",
    "IdealisedVICReg",
    "InfoNCE",
    "Loss",
    "NTLogistic",
    "OrderedLoss",
    "SpectralLoss",
    "UnsquaredLoss",
    "VICReg",
    "audit",
    "barlow_twins",
    "centred",
    "clip",
    "debiased_negatives",
    "hard_negatives",
    "idealised_vicreg",
    "infonce",
    "matrix_factorisation",
    "noise_law",
    "nt_logistic",
    "ordered",
    "simclr",
    "spectral",
    "unsquared",
    "vicreg",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)


class Loss(Protocol):
    """What `popgraph.train` needs of a loss; yours may be any object that has it.

    Attributes
    ----------
    name : str
        How it prints.
    bias : str
        "unbiased", or in words how the expectation of its sampled value differs from its population value.

    See Also
    --------
    SpectralLoss : The paper's.
    popgraph.train : Minimise a loss.
    audit : The bias of a batch loss of your own.

    Examples
    --------
    >>> import popgraph as pg
    >>> for loss in (pg.losses.spectral, pg.losses.infonce):
    ...     print(f"{loss.name}: {loss.bias}")
    spectral: unbiased
    InfoNCE: biased: unbiased for B - 1 negatives instead
    """

    @property
    def name(self) -> str:
        """How it prints."""

    @property
    def bias(self) -> str:
        """How the expectation of its sampled value differs from its population value."""

    def value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the whole population; see ``losses.spectral.value``.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> pg.losses.spectral.value(graph.factor, graph.w_x, graph.spectrum(1).embedding)
        -1.0
        """

    def value_and_gradient(
        self, factor: Sparse, w_x: Floats, f: Floats, *, transposed: Sparse | None = None
    ) -> tuple[float, Floats]:
        """Return the population's loss and its gradient in f, (N, k).

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> pg.losses.vicreg.value_and_gradient(graph.factor, graph.w_x, graph.spectrum(2).embedding)[1].shape
        (4, 2)
        """
        ...

    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch of positive pairs, (B, k) each.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.losses.infonce.batch_value(np.zeros((2, 1)), np.zeros((2, 1)))
        0.0
        """

    def batch_value_and_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch's loss and its gradients in f and in f_plus, (B, k) each.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.losses.spectral.batch_value_and_gradient(np.eye(3), np.eye(3))[1].shape
        (3, 3)
        """
        ...
