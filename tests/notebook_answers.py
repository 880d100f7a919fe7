"""The exercises of the notebooks: for each a right answer and a plausible wrong one, as expressions in the notebook's names."""

ANSWERS: dict[str, dict[int, tuple[str, str]]] = {
    "01_lightning_and_cloud": {
        1: ("Fraction(1, 18)", "Fraction(1, 9)"),
        2: ("Fraction(1, 3)", "Fraction(1, 6)"),
        3: ("0.5", "0.25"),
        4: ("3", "2"),
        5: ("-1", "0"),
    },
    "02_from_pca_to_a_loss": {
        1: ("-2", "-1.25"),
        2: ("1", "2"),
        3: ("3", "6"),
        4: ("lambda F: -4 * A @ F + 4 * F @ (F.T @ F)", "lambda F: -2 * A @ F + 2 * F @ (F.T @ F)"),
    },
    "03_up_to_a_linear_map": {
        1: ("[[1, 1], [1, 1]]", "[[0, 1], [1, 0]]"),
        2: ("[[1, 0], [1, 0], [0, 1], [0, 1]]", "[[1, 0], [0, 1], [1, 0], [0, 1]]"),
        3: ("{1, 5, 11, 15, 16}", "{1, 4, 6}"),
        4: ("np.pi / 2", "0"),
        5: ("True", "False"),
    },
    "04_when_does_it_work": {
        1: ("3 / 8", "1 / 4"),
        2: ("1 / 42", "1 / 40"),
        3: ("12", "4"),
        4: ("0.155", "0.238"),
        5: ("[i for c, t, i in graph.naturals]", "[t for c, t, i in graph.naturals]"),
    },
    "05_simclr_and_friends": {
        1: ("-np.log(2)", "-1"),
        2: ("4 - (1 + 3 / 16)", "-(1 + 3 / 16)"),
        3: ("lambda B: B - 1", "lambda B: B"),
        4: (
            "3 * (1 - graph.spectrum(2).gamma[1]) ** 2 + 0.001 * 6 * graph.spectrum(2).gamma[1] ** 2",
            "3 * (1 - graph.spectrum(2).gamma[1]) ** 2",
        ),
        5: ('{"b", "d"}', '{"b", "c", "d"}'),
    },
    "06_inductive_bias": {
        1: ("5 / 6", "0.9"),
        2: ("-(2 + 4 * 0.81)", "-6"),
        3: ("lambda x: [x[0] * x[1]]", "lambda x: [x[0] + x[1]]"),
        4: ("11", "10"),
        5: ("np.eye(6)[:, 3:]", "np.eye(6)[:, :3]"),
    },
    "07_self_training_or_contrastive": {
        1: ("0.18", "0.1"),
        2: ("1", "0"),
        3: ("[0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]", "[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]"),
        4: ("6", "3"),
    },
    "08_real_digits": {
        1: ("36", "25"),
        2: ("0.48", "0.5"),
        3: ("True", "False"),
    },
    "09_exact": {
        1: ("Fraction(5, 49)", "Fraction(10, 49)"),
        2: ("Fraction(1, 64)", "Fraction(1, 8)"),
        3: ("[[1], [1], [2], [2]]", "[[1], [2], [1], [2]]"),
    },
    "10_pairs_of_other_kinds": {
        1: ("-(1 + 2 * np.cos(2 * np.pi / 5) ** 2)", "-2.5"),
        2: ("-2.5", "-(1 + 2 * np.cos(2 * np.pi / 5) ** 2)"),
        3: ("(True, True, False)", "(True, False, False)"),
        4: ('"9/10"', '"1/2"'),
        5: ('"3/4"', '"1/4"'),
    },
    "11_how_it_learns": {
        1: ("np.log(24) / 2", "np.log(24) / 8"),
        2: ("1 / 64", "1 / 8"),
        3: ("((9 / 16 + np.sqrt((9 / 16) ** 2 - 0.08)) / 2) ** 2", "(9 / 16 + np.sqrt((9 / 16) ** 2 - 0.08)) / 2"),
        4: ("1 / 4", "1 / 2"),
    },
}
