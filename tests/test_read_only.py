"""Values do not change: setting, adding or deleting an attribute is refused in a sentence, whatever the value."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import popgraph as pg
from popgraph import losses
from popgraph.errors import PopgraphError, ReadOnly
from popgraph.losses.reading import READY

GRAPH = pg.zoo.hypercube(2)
VALUES = {
    "graph": (GRAPH, "w_x"),
    "graph's name": (GRAPH, "name"),
    "distribution": (pg.Distribution({0: "1/2", 1: "1/2"}), "probabilities"),
    "spectrum": (GRAPH.spectrum(2), "gamma"),
    "training": (pg.train(GRAPH, 1, rng=0), "f"),
    "critic": (pg.train_critic(GRAPH, losses.infonce), "s"),
    "match": (pg.verify(GRAPH, GRAPH.spectrum(2)), "reason"),
    "probe": (pg.probe(GRAPH, GRAPH.spectrum(2), labels=[0, 0, 1, 1]), "error"),
    "comparison": (pg.compare(GRAPH, GRAPH, 1), "norm"),
    "audit": (losses.audit(losses.spectral, pg.zoo.lightning_cloud(), np.ones((4, 1)), 2), "mean"),
    **{name: (loss, "name") for name, loss in READY.items()},
}


@pytest.mark.parametrize(("value", "name"), VALUES.values(), ids=VALUES)
def test_no_attribute_is_set_added_or_deleted(value, name):
    before = getattr(value, name)
    kind = type(value).__name__
    for each in (value, copy.copy(value), pickle.loads(pickle.dumps(value))):
        with pytest.raises(ReadOnly, match=f"^{name} of a {kind} cannot be set: a {kind} is read-only; make another"):
            setattr(each, name, before)
        with pytest.raises(ReadOnly, match=f"^a {kind} has no attribute lables, and none can be added"):
            each.lables = [0, 1]
        with pytest.raises(ReadOnly, match=f"^{name} of a {kind} cannot be deleted"):
            delattr(each, name)
    assert getattr(value, name) is before


def test_the_refusal_is_what_dataclasses_raise_too():
    assert issubclass(ReadOnly, dataclasses.FrozenInstanceError)
    assert issubclass(ReadOnly, PopgraphError)


def test_a_loss_says_how_to_make_another():
    with pytest.raises(ReadOnly, match=r"make another, with dataclasses.replace\(..., epsilon=...\)$"):
        losses.vicreg.epsilon = 1.0
    assert dataclasses.replace(losses.vicreg, epsilon=1.0) == losses.VICReg(epsilon=1.0)


@pytest.mark.parametrize("name", ["w_x", "p", "w"])
def test_arrays_are_read_only(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(GRAPH, name)[0] = 1
