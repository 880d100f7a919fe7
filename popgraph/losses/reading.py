"""`read_loss`: read an argument `loss=`, which may be a loss or the name of one of popgraph's."""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses.critics import nt_logistic
from popgraph.losses.infonce import clip, infonce, simclr
from popgraph.losses.redundancy import barlow_twins, idealised_vicreg, vicreg
from popgraph.losses.spectral_family import centred, ordered, spectral, unsquared

READY: Mapping[str, Any] = {
    "barlow_twins": barlow_twins,
    "centred": centred,
    "clip": clip,
    "idealised_vicreg": idealised_vicreg,
    "infonce": infonce,
    "nt_logistic": nt_logistic,
    "ordered": ordered,
    "simclr": simclr,
    "spectral": spectral,
    "unsquared": unsquared,
    "vicreg": vicreg,
}
# What a caller needs a loss for -> the attributes that it uses, and the words for a loss that has them
NEEDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "embedding": (("name", "value_and_gradient"), "a loss that train minimises"),
    "audit": (("name", "bias", "value", "batch_value"), "a loss with batches"),
    "torch": (("value", "batch_value"), "a loss that torch differentiates"),
    "pairs": (("name", "pair_value_and_gradient"), "a loss of two encoders"),
    "torch pairs": (("pair_value", "batch_value"), "a loss of two encoders that torch differentiates"),
    "critic": (("critic_value", "critic_gradient"), "a loss of a critic s(x, x')"),
}
# A loss has at least one of these
METHODS = (
    "value",
    "pair_value",
    "pair_value_and_gradient",
    "value_and_gradient",
    "batch_value",
    "critic_value",
    "critic_gradient",
)


def read_loss(loss: Any, needs: str = "embedding") -> Any:
    """Return a loss that has the methods which the caller needs; refuse any other, and say what to give instead.

    | given | returned |
    |---|---|
    | a loss of `popgraph.losses`, or anything with these methods | itself |
    | "spectral", "infonce", ..., as they are called in `popgraph.losses` | the loss of that name |
    | any other string | refused, with the nearest name |
    | a class, such as `losses.InfoNCE` | refused: it must be called |
    | a loss of an embedding where one of a critic is needed, or the reverse | refused, with what takes it |

    `needs` is "embedding", "pairs", "audit", "torch", "torch pairs", "critic" or "any".
    """
    methods, words = NEEDS.get(needs, ((), ""))
    if isinstance(loss, str):
        loss = _named(loss)
    if inspect.isclass(loss):
        if any(hasattr(loss, method) for method in METHODS):
            raise InvalidArgument(f"loss is the class {loss.__name__}; call it: loss={_called(loss)}")
        raise InvalidArgument(f"loss is the class {loss.__name__}, no loss; {_advice(needs)}")
    if not any(hasattr(loss, method) for method in METHODS):
        raise InvalidArgument(f"loss is {shorten(loss)}; {_advice(needs)}")
    if missing := [method for method in methods if not hasattr(loss, method)]:
        if needs == "critic" and hasattr(loss, "value_and_gradient"):
            raise InvalidArgument(
                f"loss {_name(loss)} is one of an embedding f, not one of a critic s(x, x'); give losses.infonce or "
                "losses.nt_logistic, or minimise it with train(graph, k, loss=); theory.minimum gives its minimum"
            )
        if needs != "critic" and hasattr(loss, "critic_gradient") and not hasattr(loss, "value"):
            raise InvalidArgument(
                f"loss {_name(loss)} is one of a critic s(x, x') and has no {missing[0]}; minimise it with "
                "train_critic(graph, loss)"
            )
        if needs in ("pairs", "torch pairs"):
            raise InvalidArgument(
                f"loss {_name(loss)} has no form for two encoders (no {missing[0]}); give spectral, ordered, infonce, simclr, clip "
                "or nt_logistic"
            )
        raise InvalidArgument(f"loss {_name(loss)} has no {missing[0]}, so it is not {words}; {_advice(needs)}")
    return loss


def _named(name: str) -> Any:
    """Return the ready loss of this name."""
    if name in READY:
        return READY[name]
    plain = {_plain(text): key for key, loss in READY.items() for text in (key, loss.name, type(loss).__name__)}
    plain |= {"simclr": "simclr", "infonce": "infonce", "spectralcontrastive": "spectral", "ntxent": "simclr"}
    near = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    hint = f'did you mean "{plain[near[0]]}"?' if near else f"the names are {', '.join(READY)}"
    raise InvalidArgument(f"loss is {shorten(name)}, the name of no loss; {hint}")


def _plain(text: str) -> str:
    """Return a name in small letters and digits alone."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _called(cls: type) -> str:
    """Return the call that makes a loss of a class, as a user writes it."""
    prefix = "losses." if cls.__module__.startswith("popgraph.") else ""
    return f"{prefix}{cls.__name__}()"


def _name(loss: Any) -> str:
    """Return the name of a loss, or of its class."""
    return str(getattr(loss, "name", type(loss).__name__))


def _advice(needs: str) -> str:
    """Return the part of a message that says what to give instead."""
    if needs == "critic":
        return "give one of a critic, losses.infonce or losses.nt_logistic"
    return 'give one of popgraph.losses, such as losses.spectral, or its name, such as "spectral"'
