"""The exercises of the notebooks: for each a plausible wrong answer, as an expression in the notebook's names.

The right answers are the notebooks' own solutions.
"""

WRONG: dict[str, tuple[str, ...]] = {
    "00_the_post": (
        "7 / 9",
        "-2",
        "1 / 10",
        '{"b"}',
    ),
    "01_lightning_and_cloud": (
        "Fraction(1, 9)",
        "Fraction(1, 6)",
        "0.25",
        "2",
        "0",
    ),
    "02_from_pca_to_a_loss": (
        "-1.25",
        "2",
        "6",
        "lambda F: -2 * A @ F + 2 * F @ (F.T @ F)",
    ),
    "03_up_to_a_linear_map": (
        "[[0, 1], [1, 0]]",
        "[[1, 0], [0, 1], [1, 0], [0, 1]]",
        "{1, 4, 6}",
        "0",
        "False",
    ),
    "04_when_does_it_work": (
        "1 / 4",
        "1 / 40",
        "4",
        "0.238",
        "[t for c, t, i in graph.naturals]",
    ),
    "05_simclr_and_friends": (
        "-1",
        "-(1 + 3 / 16)",
        "lambda B: B",
        "3 * (1 - graph.spectrum(2).gamma[1]) ** 2",
        '{"b", "c", "d"}',
    ),
    "06_inductive_bias": (
        "0.9",
        "-6",
        "lambda x: [x[0] + x[1]]",
        "10",
        "np.eye(6)[:, :3]",
    ),
    "07_self_training_or_contrastive": (
        "0.1",
        "0",
        "[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]",
        "3",
    ),
    "08_real_digits": (
        "25",
        "0.5",
        "False",
    ),
    "09_exact": (
        "Fraction(10, 49)",
        "Fraction(1, 8)",
        "[[1], [2], [1], [2]]",
    ),
    "10_pairs_of_other_kinds": (
        "-2.5",
        "-(1 + 2 * np.cos(2 * np.pi / 5) ** 2)",
        "(True, False, False)",
        '"1/2"',
        '"1/4"',
    ),
    "11_how_it_learns": (
        "np.log(24) / 8",
        "1 / 8",
        "(9 / 16 + np.sqrt((9 / 16) ** 2 - 0.08)) / 2",
        "1 / 2",
    ),
}
