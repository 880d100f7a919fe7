"""What losses and those who take one refuse or read: operands of two libraries, tables the wrong way round, names, classes."""

import numpy as np
import pytest
from extras import need

import popgraph as pg
from popgraph import losses, theory, zoo
from popgraph.errors import InvalidArgument
from popgraph.losses.operands import check_operand
from popgraph.losses.reading import READY, read_loss

GRAPH = zoo.hypercube(3)
f = np.random.default_rng(0).standard_normal((8, 2))
each_loss = pytest.mark.parametrize("loss", READY.values(), ids=READY)


def dense_tensors(torch, dtype="float64"):
    kind = getattr(torch, dtype)
    parts = GRAPH.factor.toarray(), GRAPH.w_x.copy(), f
    return tuple(torch.tensor(part, dtype=kind) for part in parts)


def test_the_ready_losses_are_those_of_the_namespace():
    ready = {
        name
        for name in losses.__all__
        if not callable(getattr(losses, name)) and hasattr(getattr(losses, name), "value")
    }
    assert set(READY) == ready
    assert all(READY[name] is getattr(losses, name) for name in ready)


@each_loss
def test_every_mixture_of_tensors_and_arrays_is_refused_by_name(loss):
    torch = need("torch")
    tensors, arrays = dense_tensors(torch), (GRAPH.factor, GRAPH.w_x, f)
    for chosen in np.ndindex(2, 2, 2):
        given = [(tensors, arrays)[which][i] for i, which in enumerate(chosen)]
        if len(set(chosen)) == 1:
            assert float(loss.value(*given)) == pytest.approx(loss.value(*arrays), rel=1e-12)
            continue
        for call in (loss.value, loss.value_and_gradient):
            with pytest.raises(
                InvalidArgument,
                match=r"(f|w_x|factor) is a torch tensor, and (w_x|factor|f) a (numpy array|scipy matrix)",
            ) as caught:
                call(*given)
            assert "torch.from_numpy(" in str(caught.value)
    with pytest.raises(InvalidArgument, match="f_plus is a torch tensor, and f a numpy array"):
        loss.batch_value(f, tensors[2])
    with pytest.raises(InvalidArgument, match="f is a torch tensor, and f_plus a numpy array"):
        loss.batch_value_and_gradient(tensors[2], f)


@pytest.mark.parametrize("name", ["infonce", "nt_logistic", "simclr"])
def test_critics_refuse_mixtures_too(name):
    torch, loss = need("torch"), READY[name]
    s = f @ f.T
    w, w_x, scores = (torch.tensor(part) for part in (GRAPH.w.copy(), GRAPH.w_x.copy(), s))
    assert float(loss.critic_value(w, w_x, scores)) == pytest.approx(loss.critic_value(GRAPH.w, GRAPH.w_x, s))
    for given in ((GRAPH.w, GRAPH.w_x, scores), (w, GRAPH.w_x, s), (GRAPH.w, w_x, s)):
        for call in (loss.critic_value, loss.critic_gradient):
            with pytest.raises(InvalidArgument, match="is a torch tensor, and .* a numpy array"):
                call(*given)
    with pytest.raises(InvalidArgument, match="is a torch tensor, and f a numpy array"):
        loss.scores(f, torch.tensor(f))


@each_loss
def test_gradients_written_out_for_numpy_say_what_tensors_have_in_their_place(loss):
    torch = need("torch")
    tensors = dense_tensors(torch)
    with pytest.raises(InvalidArgument, match=r"f is a torch tensor, and this gradient is numpy's; call value\(factor"):
        loss.value_and_gradient(*tensors)
    with pytest.raises(InvalidArgument, match=r"f is a torch tensor, .* call batch_value\(f, f_plus\).backward\(\)"):
        loss.batch_value_and_gradient(tensors[2], tensors[2])


@each_loss
def test_tensors_of_two_precisions_are_computed_with_in_the_wider_one(loss):
    torch = need("torch")
    M, w_x, _ = dense_tensors(torch)
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        table = torch.tensor(f, dtype=getattr(torch, dtype), requires_grad=True)
        value = loss.value(M, w_x, table)
        value.backward()
        as_rounded = table.detach().double().numpy()
        expected, gradient = loss.value_and_gradient(GRAPH.factor, GRAPH.w_x, as_rounded)
        assert value.dtype == torch.float64
        assert value.item() == pytest.approx(expected, rel=1e-12)
        eps = torch.finfo(table.dtype).eps
        np.testing.assert_allclose(table.grad.double().numpy(), gradient, atol=2 * eps * np.abs(gradient).max())


@each_loss
def test_half_precision_is_computed_with_in_single(loss):
    """The square of 256 is infinite in float16."""
    torch = need("torch")
    table = torch.tensor(30 * f, dtype=torch.float16, requires_grad=True)
    value = loss.batch_value(table[:4], table[4:])
    assert value.dtype == torch.float32
    wide = table.detach().double().numpy()
    assert value.item() == pytest.approx(loss.batch_value(wide[:4], wide[4:]), rel=1e-4)


@each_loss
def test_autocast_does_not_round_a_loss(loss):
    """Under it torch takes each product of two tables in bfloat16, which has three digits."""
    torch = need("torch")
    M, w_x, table = (part.float() for part in dense_tensors(torch))
    table.requires_grad_()
    expected = [loss.value(M, w_x, table).item(), loss.batch_value(table[:4], table[4:]).item()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = [loss.value(M, w_x, table), loss.batch_value(table[:4], table[4:])]
        assert torch.is_autocast_enabled("cpu")
    inside[0].backward()
    assert [each.item() for each in inside] == expected
    gradient = loss.value_and_gradient(GRAPH.factor, GRAPH.w_x, table.detach().numpy())[1]
    np.testing.assert_allclose(table.grad.numpy(), gradient, atol=1e-5 * np.abs(gradient).max())


@each_loss
def test_a_factor_may_be_any_sparse_tensor_and_f_none(loss):
    torch = need("torch")
    M, w_x, table = dense_tensors(torch)
    expected = float(loss.value(M, w_x, table))
    for factor in (M.to_sparse(), M.float().to_sparse()):
        assert float(loss.value(factor, w_x, table)) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(InvalidArgument, match=r"f is a sparse torch tensor; give f.to_dense\(\)"):
        loss.value(M, w_x, table.to_sparse())
    with pytest.raises(InvalidArgument, match=r"w_x is a sparse torch tensor; give w_x.to_dense\(\)"):
        loss.value(M, w_x.to_sparse(), table)
    with pytest.raises(InvalidArgument, match=r"f is a sparse scipy matrix; give f.toarray\(\)"):
        loss.value(GRAPH.factor, GRAPH.w_x, GRAPH.factor)
    with pytest.raises(
        InvalidArgument, match=r"factor has shape \(8, 7\); it must have a column for each of the 8 views"
    ):
        loss.value(M[:, :7].to_sparse(), w_x, table)


@each_loss
def test_two_devices_are_named(loss):
    torch = need("torch")
    M, w_x, table = dense_tensors(torch)
    with pytest.raises(InvalidArgument, match=r"f is on the device meta, and w_x on cpu; give w_x.to\(f.device\)"):
        loss.value(M, w_x, table.to("meta"))


@each_loss
def test_a_table_the_wrong_way_round_is_told_so(loss):
    for call in (loss.value, loss.value_and_gradient):
        with pytest.raises(InvalidArgument, match=r"f has shape \(2, 8\); it must have shape \(8, any\).*give f.T$"):
            call(GRAPH.factor, GRAPH.w_x, f.T)
        with pytest.raises(InvalidArgument, match=r"f has shape \(8,\); .* give f\[:, None\], its one column"):
            call(GRAPH.factor, GRAPH.w_x, f[:, 0])
    for call in (loss.batch_value, loss.batch_value_and_gradient):
        with pytest.raises(InvalidArgument, match=r"got \(8, 2\) and \(2, 8\); one is the wrong way round"):
            call(f, f.T)


def test_a_vector_is_told_its_shape_and_no_more():
    with pytest.raises(InvalidArgument, match=r"w_x has shape \(2, 3\); it must have shape \(any,\)$"):
        check_operand("w_x", np.ones((2, 3)), (None,))


@pytest.mark.parametrize("name", READY)
def test_a_loss_goes_by_its_name(name):
    assert read_loss(name) is READY[name]
    short = {"steps": 3, "rng": 0}
    by_name, by_value = (pg.train(GRAPH, 2, loss=loss, **short) for loss in (name, READY[name]))
    np.testing.assert_array_equal(by_name.f, by_value.f)
    assert by_name.loss_name == READY[name].name
    small = zoo.lightning_cloud()
    table = np.random.default_rng(0).standard_normal((4, 1))
    assert losses.audit(name, small, table, 2) == losses.audit(READY[name], small, table, 2)


def test_every_taker_of_a_loss_takes_a_name():
    assert theory.minimum("spectral", GRAPH, 2) == theory.minimum(losses.spectral, GRAPH, 2)
    assert theory.critic_minimum("infonce", GRAPH) == theory.critic_minimum(losses.infonce, GRAPH)
    assert pg.train_critic(GRAPH, "nt_logistic").loss == pg.train_critic(GRAPH, losses.nt_logistic).loss
    cube = pg.product([zoo.hypercube(1)] * 3)
    assert pg.train(cube, 1, loss="spectral", features=cube.features(1), rng=0).loss[-1] == pytest.approx(-1)


TAKERS = {
    "train": lambda loss: pg.train(GRAPH, 1, loss=loss),
    "train on a product": lambda loss: pg.train(pg.product([GRAPH] * 2), 1, loss=loss, features=None),
    "train_critic": lambda loss: pg.train_critic(GRAPH, loss),
    "audit": lambda loss: losses.audit(loss, GRAPH, f, 2),
    "minimum": lambda loss: theory.minimum(loss, GRAPH, 2),
    "critic_minimum": lambda loss: theory.critic_minimum(loss, GRAPH),
}


def fit(loss):
    torch = need("torch")
    return pg.torch.fit(torch.nn.Linear(3, 2), GRAPH, loss=loss, steps=1, encode=lambda bits: [float(b) for b in bits])


@pytest.mark.parametrize("take", [*TAKERS.values(), fit], ids=[*TAKERS, "fit"])
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (losses.InfoNCE, r"loss is the class InfoNCE; call it: loss=losses.InfoNCE\(\)$"),
        (losses.NTLogistic, r"loss is the class NTLogistic; call it"),
        ("infoNCE", """loss is 'infoNCE', the name of no loss; did you mean "infonce"[?]"""),
        ("NTLogistic", 'did you mean "nt_logistic"'),
        ("Barlow Twins", 'did you mean "barlow_twins"'),
        ("spectrl", 'did you mean "spectral"'),
        ("zzz", "the names are barlow_twins, centred, .*vicreg$"),
        (dict, "loss is the class dict, no loss; give one of"),
        (7, "loss is 7; give one of"),
        (None, "loss is None; give one of"),
        (np.mean, "loss is <function mean.*; give one of"),
    ],
)
def test_what_is_no_loss_is_told_what_to_give(take, loss, message):
    with pytest.raises(InvalidArgument, match=message):
        take(loss)


def test_losses_of_embeddings_and_of_critics_are_told_apart():
    class OfCritics:
        name = "mine"
        critic_value = losses.infonce.critic_value
        critic_gradient = losses.infonce.critic_gradient

    assert pg.train_critic(GRAPH, OfCritics()).converged
    with pytest.raises(
        InvalidArgument, match=r"loss mine is one of a critic s\(x, x'\) .* train_critic\(graph, loss\)"
    ):
        pg.train(GRAPH, 2, loss=OfCritics())
    for loss in ("spectral", losses.vicreg):
        with pytest.raises(
            InvalidArgument, match=r"is one of an embedding f, .* or minimise it with train\(graph, k, loss=\);"
        ):
            pg.train_critic(GRAPH, loss)

    class Nameless:
        value_and_gradient = losses.spectral.value_and_gradient

    with pytest.raises(InvalidArgument, match="loss Nameless has no name, so it is not a loss that train minimises"):
        pg.train(GRAPH, 2, loss=Nameless())


def test_integer_tensors_and_a_tensor_beside_the_factor_are_told_what_to_give():
    torch = need("torch")
    M, w_x, table = dense_tensors(torch)
    with pytest.raises(InvalidArgument, match=r"real numbers; give f.double\(\)$"):
        losses.spectral.value(M, w_x, table.long())
    with pytest.raises(InvalidArgument, match="F is a torch tensor, and factor a scipy matrix"):
        losses.matrix_factorisation(GRAPH.factor, table)
    with pytest.raises(InvalidArgument, match=r"f has shape \(2, 4\); .*; give f.T$"):
        losses.audit("spectral", zoo.lightning_cloud(), np.ones((2, 4)), 2)


def test_a_squared_norm_is_not_negative_at_its_minimum():
    for graph in (zoo.lightning_cloud(), GRAPH, zoo.clusters()):
        spectrum = graph.spectrum(graph.N)
        F = spectrum.embedding * np.sqrt(graph.w_x)[:, None]
        assert 0 <= losses.matrix_factorisation(graph.factor, F) < 1e-12
