"""A call that does not fit: what the function calls the argument, for every public function of popgraph."""

import inspect

import pytest
from extras import need

import popgraph as pg
from popgraph.basics.arguments.keywords import CALLED_HERE
from popgraph.errors import InvalidArgument, InvalidCall

SPACES = ["classroom", "images", "losses", "plot", "selftraining", "structure", "testing", "theory", "zoo"]
VERBS = {name: getattr(pg, name) for name in pg.__all__ if inspect.isfunction(getattr(pg, name))}
VERBS |= {
    f"{space}.{name}": getattr(getattr(pg, space), name)
    for space in SPACES
    for name in getattr(pg, space).__all__
    if inspect.isfunction(getattr(getattr(pg, space), name))
}


def rooms_with_extras():
    need("torch")
    need("distributed")
    return [
        pg.torch.fit,
        pg.torch.verify,
        *(getattr(pg.dask, name) for name in ("build", "from_blocks", "from_files")),
    ]


def check(verb):
    own = list(inspect.signature(verb).parameters)
    with pytest.raises(InvalidCall, match=rf"^{verb.__name__} has no argument zzz=\. It takes ") as caught:
        verb(zzz=1)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, InvalidArgument)
    assert all(name in str(caught.value) for name in own)
    for name in own:
        misspelt = name[:-1] + "_" if len(name) > 4 else None
        if misspelt:
            with pytest.raises(InvalidCall, match=rf"has no argument {misspelt}=; did you mean \w+="):
                verb(**{misspelt: 1})
    for name, here in CALLED_HERE.items():
        if name not in own and any(word in own for word in here):
            with pytest.raises(InvalidCall, match=rf"has no argument {name}=; "):
                verb(**{name: 1})
    with pytest.raises(InvalidCall, match=rf"^{verb.__name__}: too many positional arguments\. It takes "):
        verb(*range(40))
    if any(p.default is p.empty for p in inspect.signature(verb).parameters.values()):
        with pytest.raises(InvalidCall, match=rf"^{verb.__name__}: missing a required argument: '\w+'\. It takes "):
            verb()


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_misspelt_argument_is_answered_with_the_nearest(verb):
    check(verb)


def test_so_it_is_of_torch_and_dask():
    for verb in rooms_with_extras():
        check(verb)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"lr": 0.1},
            "train has no argument lr=; on the whole population no step has a learning rate; with batch_size=, learning_rate=",
        ),
        ({"epochs": 5}, "train has no argument epochs=; use steps="),
        (
            {"optimizer": "adam"},
            "train has no argument optimizer=; it is chosen by the loss on the whole population, and Adam with",
        ),
        ({"optimiser": "adam"}, "train has no argument optimiser=; it is chosen by the loss on the whole population"),
        ({"lerning": 0.1}, "train has no argument lerning=; did you mean learning_rate="),
        ({"lerning_rate": 0.1}, "train has no argument lerning_rate=; did you mean learning_rate="),
        ({"seed": 0}, "train has no argument seed=; use rng="),
        ({"tolerance": 0}, "train has no argument tolerance=; use tol="),
        ({"batchsize": 8}, "train has no argument batchsize=; did you mean batch_size="),
    ],
)
def test_what_other_libraries_call_it_is_answered_with_what_it_is_here(given, message):
    with pytest.raises(InvalidCall, match=message):
        pg.train(pg.zoo.lightning_cloud(), 2, **given)


def test_an_error_inside_a_function_is_not_taken_for_a_call_that_does_not_fit():
    def broken(x):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine") as caught:
        pg.build([0, 1], pg.apply(broken))
    assert not isinstance(caught.value, InvalidCall)


def test_signatures_and_names_are_kept():
    assert list(inspect.signature(pg.train).parameters)[:2] == ["graph", "k"]
    assert (pg.train.__name__, pg.train.__module__) == ("train", "popgraph.training.learning")
