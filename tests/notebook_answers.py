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
}
