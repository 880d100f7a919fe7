"""Zero-shot classification against a plain loop, and the two toys of two encoders against their closed forms."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

import popgraph as pg
from popgraph.basics.subspace import principal_angles
from popgraph.errors import InvalidArgument, InvalidDistribution, InvalidEmbedding, TooLarge


def by_hand(
    graph: pg.BipartiteGraph, f: Any, g: Any, prompts: dict[Any, list[Any]]
) -> tuple[list[Any], list[Any], float]:
    """The class of every view x, of every natural, and the error, by loops and sums."""
    classes = list(prompts)
    positions = {z: i for i, z in enumerate(graph.views_z)}
    means = [np.mean([g[positions[z]] for z in prompts[c]], axis=0) for c in classes]
    views = [classes[int(np.argmax([f[i] @ mean for mean in means]))] for i in range(graph.N_x)]
    single = graph.of_x
    A, votes = single.kernel.toarray(), []
    for row in A:
        share = [sum(a for a, view in zip(row, views, strict=True) if view == c) for c in classes]
        votes.append(classes[int(np.argmax(np.round(share, 12)))])
    known = [(p, vote == y) for p, vote, y in zip(single.p, votes, single.labels, strict=True) if y is not None]
    return views, votes, sum(p for p, right in known if not right) / sum(p for p, _ in known)


@pytest.mark.parametrize("seed", range(8))
def test_zero_shot_is_the_class_of_the_best_prompts_mean_and_the_vote_of_a_naturals_views(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = pg.zoo.image_text(["cat", "dog", "fox"], ["photo", "sketch"], restyle="1/3")
    if seed % 2:
        labels = [None if i == 1 else label for i, label in enumerate(graph.labels)]
        law = dict.fromkeys(graph.naturals, Fraction(1, 6))
        graph = pg.build(law, graph.kernel_x, second=graph.kernel_z, second_views=graph.views_z, labels=labels)
    f, g = rng.standard_normal((graph.N_x, 4)), rng.standard_normal((graph.N_z, 4))
    prompts = {
        "fox": ["a fox", "a photo of a fox"],
        "cat": ["a cat"],
        "dog": ["a sketch of a dog", "a dog", "a picture"],
    }
    found = pg.zero_shot(graph, (f, g), prompts)
    views, votes, error = by_hand(graph, f, g, prompts)
    assert found.view_predictions.tolist() == views
    assert found.predicted.tolist() == votes
    assert found.error == pytest.approx(error, abs=1e-12)
    assert found.accuracy == pytest.approx(1 - error, abs=1e-12)
    assert found.classes.tolist() == ["fox", "cat", "dog"]
    assert found.scores.shape == (graph.N_x, 3)
    assert found.prompt_counts == (2, 1, 3)


def test_zero_shot_takes_what_verify_takes_and_labels_of_ones_own() -> None:
    graph = pg.zoo.image_text()
    prompts = {label: f"a {label}" for label in graph.labels}
    spectrum, training = graph.spectrum(3), pg.train(graph, 3, rng=0, progress=False)
    tables = spectrum.embeddings
    mappings = tuple(
        dict(zip(views, table, strict=True))
        for views, table in zip((graph.views_x, graph.views_z), tables, strict=True)
    )
    for encoders in (spectrum, training, tables, list(tables), mappings):
        assert pg.zero_shot(graph, encoders, prompts).error == 0
    turned = {"cat": "dog", "dog": "fox", "fox": "cat"}
    wrong = pg.zero_shot(graph, spectrum, prompts, labels=[turned[label] for label in graph.labels])
    assert wrong.error == pytest.approx(1)
    direct = pg.from_bipartite(graph.w, views_x=graph.views_x, views_z=graph.views_z)
    assert pg.zero_shot(direct, spectrum, prompts).error is None
    assert pg.zero_shot(direct, spectrum, prompts).accuracy is None
    assert pg.zero_shot(direct, spectrum, prompts, labels={x: x[0] for x in graph.views_x}).error == 0
    series = pytest.importorskip("pandas").Series(prompts)
    assert pg.zero_shot(graph, spectrum, series).error == 0


def test_ties_and_classes_without_a_prompt_are_said() -> None:
    graph = pg.zoo.image_text()
    zeros = np.zeros((6, 1)), np.zeros((12, 1))
    tied = pg.zero_shot(graph, zeros, {"dog": "a dog", "cat": "a cat"})
    assert set(tied.predicted.tolist()) == {"dog"}
    assert tied.missing == ("fox",)
    assert tied.tied_views == 6
    assert tied.tied_votes == 0
    assert "none for 'fox'; ties at 6 views and 0 votes" in repr(tied)
    assert tied.error == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ({"cat": "a caat"}, "a prompt of 'cat': 'a caat' is no view z of this graph: did you mean 'a cat'"),
        ({"cat": []}, "the class 'cat' has no prompt"),
        ({}, r"prompts is \{\}; give a mapping class -> view z"),
        (["a cat"], "give a mapping class -> view z"),
        ({None: "a cat"}, "prompts has the class None"),
        (
            {"bird": "a cat"},
            "prompts names the classes 'bird', and no natural is of one of these; the labels are 'cat'",
        ),
        ({"cat": ("cat", "photo")}, "a prompt of 'cat': 'cat' is no view z of this graph"),
    ],
)
def test_prompts_that_do_not_serve_are_refused_in_one_sentence(prompts: Any, words: str) -> None:
    graph = pg.zoo.image_text()
    with pytest.raises(InvalidArgument, match=words):
        pg.zero_shot(graph, graph.spectrum(3), prompts)


def test_zero_shot_needs_two_kinds_of_views_and_both_encoders() -> None:
    graph, prompts = pg.zoo.image_text(), {"cat": "a cat"}
    with pytest.raises(InvalidArgument, match="takes a BipartiteGraph, of two kinds of views, first"):
        pg.zero_shot(pg.zoo.hypercube(2), np.eye(4), {})
    with pytest.raises(InvalidEmbedding, match="f without g"):
        pg.zero_shot(graph, np.eye(6), prompts)
    with pytest.raises(InvalidEmbedding, match="swapped"):
        pg.zero_shot(graph, graph.spectrum(2).embeddings[::-1], prompts)


# The toy of images and captions


@pytest.mark.parametrize(
    ("r", "s", "u", "t", "restyle"),
    [
        (3, 2, "3/4", "1/4", 0),
        (2, 2, "1/2", "1/2", "1/2"),
        (4, 3, "1/3", "9/10", "1/4"),
        (1, 3, "1/2", "1/2", 0),
        (2, 1, 1, 0, 1),
    ],
)
def test_captions_have_the_singular_values_of_what_they_mention(r: int, s: int, u: Any, t: Any, restyle: Any) -> None:
    graph = pg.zoo.image_text(
        [f"c{i}" for i in range(r)], [f"s{i}" for i in range(s)], class_named=u, style_named=t, restyle=restyle
    )
    of_class, of_style = math.sqrt(Fraction(u)), float(1 - Fraction(restyle)) * math.sqrt(Fraction(t))
    expected = [1.0] + [of_class] * (r - 1) + [of_style] * (s - 1) + [of_class * of_style] * ((r - 1) * (s - 1))
    k = min(graph.N_x, graph.N_z)
    expected = sorted(expected, reverse=True)[:k]
    assert graph.spectrum(k).sigma == pytest.approx(expected, abs=1e-12)
    assert graph.is_exact
    joint = Counter()
    for kind, style in product(range(r), range(s)):
        views = {
            (f"c{kind}", f"s{look}"): Fraction(restyle) / s + (1 - Fraction(restyle)) * (look == style)
            for look in range(s)
        }
        captions = {
            f"a s{style} of a c{kind}": Fraction(u) * Fraction(t),
            f"a c{kind}": Fraction(u) * (1 - Fraction(t)),
            f"a s{style}": (1 - Fraction(u)) * Fraction(t),
            "a picture": (1 - Fraction(u)) * (1 - Fraction(t)),
        }
        for (x, a), (z, b) in product(views.items(), captions.items()):
            joint[x, z] += Fraction(1, r * s) * a * b
    for (x, z), probability in joint.items():
        if probability:
            assert graph.explain(x, z).value == probability


def test_what_captions_mention_more_often_is_learned_first() -> None:
    classes, styles = ["cat", "dog"], ["photo", "sketch"]
    for named, restyle, learned in (("1/4", 0, True), ("9/10", 0, False), ("9/10", "1/2", True)):
        graph = pg.zoo.image_text(classes, styles, class_named="1/2", style_named=named, restyle=restyle)
        assert 2 in graph.spectrum(2).clean_cuts
        error = pg.zero_shot(graph, graph.spectrum(2), {c: f"a {c}" for c in classes}).error
        assert error == pytest.approx(0.0 if learned else 0.5)
        assert pg.probe(graph.of_x, graph.spectrum(2).embedding_x).error == pytest.approx(0.0 if learned else 0.5)


@pytest.mark.parametrize(
    ("options", "words", "error"),
    [
        ({"classes": "cat"}, "classes is 'cat'; give one or more words", InvalidArgument),
        ({"classes": []}, "classes is empty", InvalidArgument),
        ({"styles": ["photo", 3]}, "styles holds 3, which is no word", InvalidArgument),
        ({"classes": ["photo"]}, "the caption 'a photo' would have two meanings", InvalidArgument),
        ({"classes": ["picture"]}, "the caption 'a picture' would have two meanings", InvalidArgument),
        ({"class_named": 1.5}, "class_named", InvalidDistribution),
        ({"classes": [f"c{i}" for i in range(5001)]}, "more than 10,000 images", TooLarge),
    ],
)
def test_a_toy_of_captions_that_cannot_be_is_refused(options: dict[str, Any], words: str, error: type) -> None:
    with pytest.raises(error, match=words):
        pg.zoo.image_text(**options)


# The masked autoencoder


def correlation_squared(m: int, q: Fraction) -> Fraction:
    """Of a fair bit with m noisy copies: the variance of E[±1 | copies], by the sum over all strings."""
    total = Fraction(0)
    for copies in product((0, 1), repeat=m):
        a = math.prod((q if copy else 1 - q for copy in copies), start=Fraction(1))
        b = math.prod((1 - q if copy else q for copy in copies), start=Fraction(1))
        total += (a - b) ** 2 / (2 * (a + b)) if a + b else 0
    return total


@pytest.mark.parametrize(
    ("bits", "masked", "flip"), [(2, 1, "1/4"), (3, 1, "1/4"), (4, 2, "1/5"), (5, 3, "1/3"), (4, 1, 0), (3, 2, "1/2")]
)
def test_a_masked_autoencoder_has_a_component_for_each_mask_and_then_the_hidden_bit(
    bits: int, masked: int, flip: Any
) -> None:
    graph, q = pg.zoo.masked_autoencoder(bits, masked, flip=flip), Fraction(flip)
    masks = math.comb(bits, masked)
    sigma = math.sqrt(correlation_squared(bits - masked, q) * correlation_squared(masked, q))
    k = min(graph.N_x, graph.N_z)
    assert graph.component_count == (2 * masks if flip == 0 else masks)
    found = graph.spectrum(k).sigma
    expected = [1.0] * masks + [sigma] * masks + [0.0] * (k - 2 * masks)
    assert found == pytest.approx(sorted(expected, reverse=True)[:k], abs=1e-12)
    formula = sum(
        math.comb(bits - masked, j) * Fraction(a - b) ** 2 / (2 * (a + b))
        for j in range(bits - masked + 1)
        for a, b in [[q**i * (1 - q) ** (bits - masked - i) for i in (j, bits - masked - j)]]
        if a + b
    )
    assert formula == correlation_squared(bits - masked, q)
    for visible, hidden in zip(*(graph.views_x[0], graph.views_z[0]), strict=True):
        assert (visible == "?") != (hidden == "?")


def test_the_pairs_of_a_masked_autoencoder_are_those_of_whole_strings() -> None:
    q, graph = Fraction(1, 4), pg.zoo.masked_autoencoder(3, 1)
    for mask, bits in product(combinations(range(3), 1), product((0, 1), repeat=3)):
        x = "".join("?" if i in mask else str(bit) for i, bit in enumerate(bits))
        z = "".join(str(bit) if i in mask else "?" for i, bit in enumerate(bits))
        ones = sum(bits)
        law = (q**ones * (1 - q) ** (3 - ones) + q ** (3 - ones) * (1 - q) ** ones) / 2
        assert graph.explain(x, z).value == law / 3


def test_half_of_the_bits_is_the_best_mask_and_the_hidden_bit_needs_more_vectors_than_masks() -> None:
    by_masked = [pg.zoo.masked_autoencoder(6, m).spectrum(2 * math.comb(6, m)).sigma[-1] for m in range(1, 6)]
    assert int(np.argmax(by_masked)) == 2
    assert by_masked == pytest.approx(by_masked[::-1], abs=1e-12)
    graph = pg.zoo.masked_autoencoder(4, 2)
    assert graph.spectrum(12).clean_cuts[:2] == (6, 12)
    spectrum = graph.spectrum(12)
    assert pg.probe(graph.of_x, spectrum.leading(6).embedding_x).error == pytest.approx(0.5)
    assert pg.probe(graph.of_x, spectrum.embedding_x).error == 0.0
    assert principal_angles(graph.side_x.spectrum(12).eigenvectors, spectrum.left).max() < 1e-10


@pytest.mark.parametrize(
    ("arguments", "words", "error"),
    [
        ((3, 3), "masked is 3, of 3 bits; at least one must be visible: give 1 to 2", InvalidArgument),
        ((1, 1), "bits is 1", InvalidArgument),
        ((4, 0), "masked is 0", InvalidArgument),
        ((30, 15), "are more than 1,048,576 pairs", TooLarge),
    ],
)
def test_a_masked_autoencoder_that_cannot_be_is_refused(arguments: Any, words: str, error: type) -> None:
    with pytest.raises(error, match=words):
        pg.zoo.masked_autoencoder(*arguments)
