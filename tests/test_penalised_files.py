"""A training with a penalty is kept in a file whole, and one of an earlier version is read without."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidFile

CUBE = zoo.hypercube(2)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1, "head": 3}, {"nonnegative": True, "weight_decay": 0.1}])
def test_a_training_with_a_penalty_comes_back(options, tmp_path):
    training = pg.train(CUBE, 2, rng=0, **options)
    kept = pg.load(pg.save(training, tmp_path / "training.popgraph"))
    for name in ("f", "loss", "below_head", "head_weights"):
        before, after = getattr(training, name), getattr(kept, name)
        assert (before is None) == (after is None)
        assert before is None or np.array_equal(before, after)
    for name in ("weight_decay", "head", "nonnegative", "stopped"):
        assert getattr(kept, name) == getattr(training, name)


def test_a_head_that_does_not_make_its_f_is_refused(tmp_path):
    training = pg.train(CUBE, 2, rng=0, weight_decay=0.1, head="linear")
    for change, message in [
        ({"head": None}, "has a part of a linear head"),
        ({"head_weights": 2 * training.head_weights}, "does not make its f"),
        ({"below_head": training.below_head[:, :1].copy()}, "does not make its f"),
    ]:
        with pytest.raises(InvalidFile, match=message):
            pg.load(pg.save(replace(training, **change), tmp_path / "training.popgraph"))


def test_a_file_of_an_earlier_version_has_no_penalty(tmp_path):
    path = pg.save(pg.train(CUBE, 2, rng=0), tmp_path / "training.popgraph")
    with zipfile.ZipFile(path) as container:
        members = {name: container.read(name) for name in container.namelist()}
    (name,) = [each for each in members if each.endswith(".json")]
    tree = json.loads(members[name])

    def without(node):
        if isinstance(node, dict):
            new = ("weight_decay", "head", "below_head", "head_weights", "nonnegative")
            return {key: without(value) for key, value in node.items() if key not in new}
        return [without(each) for each in node] if isinstance(node, list) else node

    members[name] = json.dumps(without(tree)).encode()
    with zipfile.ZipFile(path, "w") as container:
        for each, content in members.items():
            container.writestr(each, content)
    kept = pg.load(path)
    assert (kept.weight_decay, kept.head, kept.below_head, kept.nonnegative) == (0.0, None, None, False)
