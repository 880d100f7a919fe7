"""What statements assume, in the words that a check prints, and the three ways in which a statement says nothing on a graph."""

MAX_VIEWS_DENSE = 300  # of a graph whose N x N tables and all eigenpairs are computed
MAX_PAIRS_OF_W = 2_000_000  # positive pairs of a graph whose w is computed

# A statement that needs one of these declares it in `assumptions=`, and names it where it does not apply
KERNEL = "a positive pair is two views of one natural"
VIEWS_OF_NATURALS = "w_x is the law of a random natural's view"
FACTOR = "Ā = MᵀM"
NO_NEGATIVE = "no eigenvalue of Ā is below 0"
LABELS = "every natural has a label"
BAYES = "ŷ is Bayes' labeller"
GAP = "γ_k > γ_{k+1}"
SIGMA_GAP = "σ_k > σ_{k+1}"
POSITIVE_GAMMA = "γ_k > 0"
MORE_THAN_COMPONENTS = "λ_{k+1} > 0"  # a bound that divides by it is vacuous where it is 0
LEFT_OUT = "k < N"
TWO_VIEWS = "N >= 2"
ONE_KIND = "there is one kind of view"
TOLD_FROM_ONE = "float64 tells eigenvalues near 1 from 1"
FOUR_CELLS = "the views are the four cells (class, domain), and w depends on their sum in Z2 x Z2"
# Sizes that a computation needs, not the statement
FEW_VIEWS = f"N <= {MAX_VIEWS_DENSE}"
FEW_PAIRS = f"at most {MAX_PAIRS_OF_W:,} positive pairs"


class NotApplicable(Exception):
    """A statement does not apply to this graph; the message says why, and `assumption` which of its assumptions is not met."""

    def __init__(self, reason: str, assumption: str = "") -> None:
        super().__init__(reason)
        self.assumption = assumption


class Vacuous(Exception):
    """A statement divides by 0 on this graph, so that it says nothing; the message says by what."""


class Skipped(Exception):
    """A statement takes a search that nobody asked for; the message says which call makes it."""
