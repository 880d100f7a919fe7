"""Two networks on pairs of images and captions: `torch.fit`, `torch.verify`, a probe and zero-shot prompts."""

import numpy as np
import pytest
from extras import need
from layers import first_by_default

import popgraph as pg
from popgraph.errors import InvalidArgument

torch = need("torch")
GRAPH = pg.zoo.image_text()
CLASSES, STYLES = ("cat", "dog", "fox"), ("photo", "sketch")
WORDS = sorted({word for caption in GRAPH.views_z for word in caption.split()})
PROMPTS = {label: f"a {label}" for label in CLASSES}


def of_image(view):
    return np.array([*(view[0] == label for label in CLASSES), *(view[1] == style for style in STYLES)], dtype=float)


def of_caption(view):
    return np.array([word in view.split() for word in WORDS], dtype=float)


def network(inputs, outputs=3):
    return torch.nn.Sequential(torch.nn.Linear(inputs, 32), torch.nn.ReLU(), torch.nn.Linear(32, outputs))


def networks():
    torch.manual_seed(0)
    return network(5), network(len(WORDS))


ENCODE = (of_image, of_caption)


@pytest.mark.parametrize("batch_size", first_by_default(None, 256))
def test_two_networks_match_both_spans_to_a_hundredth_of_a_radian_and_need_no_probe(batch_size):
    pair = networks()
    trained = pg.torch.fit(pair, GRAPH, encode=ENCODE, batch_size=batch_size, steps=2_000, rng=0)
    assert trained.loss.min() == pytest.approx(GRAPH.spectrum(3).minimum, abs=1e-3)
    match = pg.torch.verify(GRAPH, trained, atol=0.02)
    assert match
    assert match.critic_residual < 0.02
    assert pg.torch.verify(GRAPH, pair, encode=ENCODE, atol=0.02).largest_angle == pytest.approx(match.largest_angle)
    assert pg.verify(GRAPH, trained, atol=0.02)
    assert pg.zero_shot(GRAPH, trained, PROMPTS).error == 0
    assert pg.probe(GRAPH.of_x, trained.f).error == 0


def test_the_recorded_loss_is_that_of_the_tables_and_the_best_state_is_kept():
    trained = pg.torch.fit(networks(), GRAPH, encode=ENCODE, steps=60, rng=0)
    value = pg.losses.spectral.pair_value(GRAPH.w, trained.f, trained.g)
    assert value == pytest.approx(trained.loss.min(), abs=1e-9)
    assert trained.steps[np.argmin(trained.loss)] == trained.best_step
    assert len(trained.batch_loss) == 60
    again = pg.torch.fit(networks(), GRAPH, encode=ENCODE, steps=60, rng=0)
    assert np.array_equal(again.batch_loss, trained.batch_loss)


@pytest.mark.parametrize("loss", ["infonce", "clip", "nt_logistic", "ordered"])
def test_other_losses_of_two_encoders_fall(loss):
    trained = pg.torch.fit(networks(), GRAPH, encode=ENCODE, loss=loss, steps=100, rng=0)
    assert trained.loss.min() < trained.loss[0]
    assert trained.loss_name in repr(trained)


def test_one_network_may_serve_both_sides_and_heads_may_differ():
    cube = pg.zoo.hypercube(2, "1/4").two_encoders()
    torch.manual_seed(0)
    shared = network(2, 8)
    heads = (torch.nn.Linear(8, 3), torch.nn.Linear(8, 3))
    trained = pg.torch.fit(shared, cube, head=heads, steps=300, batch_size=None, rng=0)
    assert trained.encoders == (shared, shared)
    assert trained.features[0].shape == (4, 8)
    assert trained.f == pytest.approx(
        pg.torch.fit(shared, cube, head=heads, steps=1, learning_rate=1e-12, rng=0).f, abs=1e-5
    )
    match = pg.torch.verify(cube, shared, head=heads)
    assert match.x.rank == 3
    assert match.excess_loss == pytest.approx(trained.loss.min() - cube.spectrum(3).minimum, abs=1e-6)


def test_modules_are_tables_of_verify():
    cube = pg.zoo.hypercube(2, "1/4").two_encoders()
    torch.manual_seed(1)
    modules = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    f, g = (module(torch.tensor(list(cube.views_x), dtype=torch.float32)).detach() for module in modules)
    assert pg.verify(cube, modules).excess_loss == pytest.approx(pg.verify(cube, (f, g)).excess_loss, abs=1e-12)


def test_a_run_is_kept_in_a_file(tmp_path):
    path = tmp_path / "pair.pt"
    trained = pg.torch.fit(networks(), GRAPH, encode=ENCODE, steps=20, checkpoint=path, rng=0)
    kept = torch.load(path)
    assert set(kept) == {"encoder_x", "encoder_z", "step", "loss"}
    assert kept["loss"] == trained.loss.min()


def test_batches_of_pairs_are_drawn_for_a_loop_of_ones_own():
    pairs = pg.torch.PositivePairs(GRAPH, 8, encode=ENCODE, batches=3, rng=0)
    batches = list(pairs)
    assert [(x.shape, z.shape) for x, z in batches] == [((8, 5), (8, len(WORDS)))] * 3
    images, captions = np.stack([of_image(v) for v in GRAPH.views_x]), np.stack([of_caption(v) for v in GRAPH.views_z])
    for x, z in batches:
        for image, caption in zip(x.numpy(), z.numpy(), strict=True):
            place = (
                np.flatnonzero((images == image).all(axis=1))[0],
                np.flatnonzero((captions == caption).all(axis=1))[0],
            )
            assert GRAPH.w[place] > 0


REFUSED = {
    "one network of three": ({"module": networks() + networks()}, "module of the views x is"),
    "no network": (
        {"module": (networks()[0], None)},
        r"module of the views z is None; give \(module of x, module of z\)",
    ),
    "a loss for one encoder": ({"loss": "vicreg"}, "has no form for two encoders"),
    "noise in batches": ({"loss": pg.losses.NTLogistic(noise=0.75)}, "leave batch_size= out"),
    "spectral noise": ({"loss": pg.losses.SpectralLoss(noise=0.75)}, "the spectral loss of two encoders takes none"),
    "one pair": ({"batch_size": 1}, "batch_size is 1"),
    "steps": ({"steps": 0}, "steps is 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_fitted_is_refused_in_one_sentence(name):
    options, words = REFUSED[name]
    with pytest.raises(InvalidArgument, match=words):
        pg.torch.fit(**{"module": networks(), "graph": GRAPH, "encode": ENCODE, **options})
