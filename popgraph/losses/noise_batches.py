"""`DrawsNegatives`: batches of the losses whose negatives are drawn from a noise law, beside the positive pairs."""

from abc import abstractmethod
from typing import Any

from popgraph.basics.arrays import Floats
from popgraph.errors import InvalidArgument
from popgraph.losses.operands import alike, check_operand, in_full_precision, plain, refuse_tensors

GIVE_DRAWS = "give their embeddings too: noise_batch_value(f, f_plus, f_noise)"


class DrawsNegatives:
    """A loss whose negatives may come from a noise law; a subclass has `noise`, and defines a batch with drawn negatives."""

    noise: Any

    def _law(self, w_x: Any) -> Any:
        """Return the law of negatives, (N,) or a row for each first view, (N, N)."""
        return w_x if self.noise is None else self.noise.of(w_x)

    def _refuse_noise(self, instead: str) -> None:
        """Raise InvalidArgument where the loss of `noise=` is not defined."""
        if self.noise is not None:
            raise InvalidArgument(f"this loss draws its negatives from {self.noise!r}; {instead}")

    @in_full_precision
    def noise_batch_value(self, f: Any, f_plus: Any, f_noise: Any) -> Any:
        """Return the loss of a batch of B positive pairs and B negatives drawn from the noise law.

        Parameters
        ----------
        f, f_plus, f_noise : (B, k) arrays or tensors
            Embeddings of the two views of each pair, and of B independent draws from ``noise``.

        Raises
        ------
        InvalidArgument
            If B is too small, or the shapes differ.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.losses.SpectralLoss(noise=0.75).noise_batch_value(np.eye(2), np.eye(2), np.eye(2))
        -2.0
        """
        return plain(self._noise_batch_value(*_read_batch(self, f, f_plus, f_noise)))

    def noise_batch_value_and_gradient(
        self, f: Floats, f_plus: Floats, f_noise: Floats
    ) -> tuple[float, Floats, Floats, Floats]:
        """Return that loss and its gradients in f, f_plus and f_noise, (B, k) each.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> _, *gradients = pg.losses.SpectralLoss(noise=0.75).noise_batch_value_and_gradient(np.eye(2), np.eye(2), np.eye(2))
        >>> [gradient.shape for gradient in gradients]
        [(2, 2), (2, 2), (2, 2)]
        """
        tables = _read_batch(self, f, f_plus, f_noise)
        refuse_tensors(
            dict(zip(("f", "f_plus", "f_noise"), tables, strict=True)), "noise_batch_value(f, f_plus, f_noise)"
        )
        return self._noise_batch_gradient(*tables)

    @abstractmethod
    def _noise_batch_value(self, f: Any, f_plus: Any, f_noise: Any) -> Any:
        """Return the loss of a batch with drawn negatives, of tables that fit together."""

    @abstractmethod
    def _noise_batch_gradient(self, f: Floats, f_plus: Floats, f_noise: Floats) -> tuple[float, Floats, Floats, Floats]:
        """Return that loss and its gradients."""


def _read_batch(loss: Any, f: Any, f_plus: Any, f_noise: Any) -> tuple[Any, Any, Any]:
    """Return three tables of one shape (B, k)."""
    if loss.noise is not None and loss.noise.of_pairs:
        raise InvalidArgument(
            f"noise is {loss.noise!r} for each first view, from which batches are not drawn; train on the whole population"
        )
    check_operand("f", f, (None, None))
    for name, table in (("f_plus", f_plus), ("f_noise", f_noise)):
        check_operand(name, table, tuple(f.shape), f" beside f of shape {tuple(f.shape)}")
    if len(f) < (least := getattr(loss, "least_batch", 2)):
        raise InvalidArgument(f"a batch of {len(f)} is too small for this loss; give at least {least}")
    read = alike({"f": f, "f_plus": f_plus, "f_noise": f_noise})
    return read["f"], read["f_plus"], read["f_noise"]
