"""What a user sees: `dir()` of each namespace, the answer to a misspelt name, `import *`, and what to install for an extra."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from extras import need

import popgraph as pg
from popgraph.basics.extras import REQUIREMENTS, require
from popgraph.errors import MissingExtra

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
# All public names: what goes or comes here is a change for users, and stands in CHANGELOG.md.
PUBLIC = {
    "popgraph": "Augmentation BipartiteGraph Distribution Flow Match PairGraph PairMatch PairTraining PopulationGraph "
    "SingularSpectrum Spectrum Training apply build choose classroom compare dask errors explore flow from_bipartite from_chain "
    "from_pairs from_trajectories identity images independently load losses partition_bounds play plot probe probe_range product "
    "save selftraining sparsest_partition spectral_clusters structure testing theory torch train train_critic verify "
    "verify_sampled zero_shot zoo",
    "classroom": "Answer Grade Worksheet grade worksheet",
    "errors": "InvalidArgument InvalidAugmentation InvalidCall InvalidDistribution InvalidEmbedding InvalidFile MissingExtra "
    "NotConverged PopgraphError ReadOnly TooLarge",
    "images": "Image flip flip_pixels mask rotate shift",
    "losses": "Audit BarlowTwins CentredLoss IdealisedVICReg InfoNCE Loss NTLogistic OrderedLoss SpectralLoss "
    "UnsquaredLoss VICReg audit barlow_twins centred clip debiased_negatives hard_negatives idealised_vicreg infonce "
    "matrix_factorisation noise_law nt_logistic ordered simclr spectral unsquared vicreg",
    "plot": "animation before_and_after contest embedding flow graph match matrix phase_diagram spectrum spectrum_path "
    "training",
    "selftraining": "Contest Expansion InnerConductance Iteration PhaseDiagram Student expansion inner_conductance iterate "
    "phase_diagram propagate pseudo_labels self_train which_wins",
    "structure": "LowDegree MixtureGraph ProductCertificate ProductGraph ProductSpectrum ProductTraining "
    "mixture product",
    "testing": "as_python assert_matches assert_optimal assert_same_span assert_theorem augmentations distributions embeddings "
    "graphs labellings",
    "theory": "CONJECTURES Check Checks Conjecture Erratum Hunt Optimum REFERENCES Reference References SharpConstant Verdict "
    "check critic_minimum errata hunt minimum mutual_information optimum sharp_constants statements",
    "zoo": "cards class_domain clusters colour_shape cooccurrence cyclic dice dna dumbbell edges gaussian_mixture glyphs "
    "grid_world hypercube image_text lightning_cloud masked_autoencoder masked_tokens notes open_world overlapping_regions "
    "planted_subclasses ring rotations scaled_hypercube typos",
    "dask": "BlockGraph build from_blocks from_files",
    "torch": "Fit PairFit PositivePairs Report fit verify",
}
NAMESPACES = [name for name in PUBLIC if name != "popgraph"]


def namespace(name):
    if name in ("dask", "torch"):
        need(name)
    return pg if name == "popgraph" else getattr(pg, name)


@pytest.mark.parametrize("name", PUBLIC)
def test_dir_lists_what_is_public_and_nothing_else(name):
    assert dir(namespace(name)) == sorted(PUBLIC[name].split())


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_listed_is_there(name):
    space = namespace(name)
    lazy = {"dask", "torch"} if name == "popgraph" else set()
    assert all(getattr(space, public) is not None for public in dir(space) if public not in lazy)
    assert set(space.__all__) == set(dir(space)) - lazy


def test_asking_dir_loads_no_extra():
    code = (
        "import sys, popgraph; dir(popgraph); print(*{'matplotlib', 'torch', 'dask', 'hypothesis'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_a_star_import_needs_no_extra():
    hide = "import sys; sys.modules.update(dict.fromkeys(['torch', 'dask', 'distributed']))"
    code = f"{hide}\nfrom popgraph import *\nprint(build, zoo, plot)"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


@pytest.mark.parametrize(
    ("space", "name", "said"),
    [
        (pg, "verfy", "module 'popgraph' has no attribute 'verfy'; did you mean 'verify'?"),
        (pg, "toch", "module 'popgraph' has no attribute 'toch'; did you mean 'torch'?"),
        (pg, "x", "module 'popgraph' has no attribute 'x'"),
        (pg.testing, "graph", "module 'popgraph.testing' has no attribute 'graph'; did you mean 'graphs'?"),
        (pg.structure, "mixtur", "module 'popgraph.structure' has no attribute 'mixtur'; did you mean 'mixture'?"),
        (pg.images, "flipp", "module 'popgraph.images' has no attribute 'flipp'; did you mean 'flip'?"),
        (pg.selftraining, "x", "module 'popgraph.selftraining' has no attribute 'x'"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(space, name, said):
    with pytest.raises(AttributeError) as error:
        getattr(space, name)
    assert str(error.value) == said


@pytest.mark.parametrize("name", ["symmetric", "SymmetricGraph"])
def test_a_removed_name_of_structure_is_answered_with_what_replaces_it(name):
    with pytest.raises(AttributeError) as error:
        getattr(pg.structure, name)
    assert str(error.value) == (
        f"module 'popgraph.structure' has no attribute '{name}'; declare it on the graph: graph.with_symmetry(generators)"
    )


@pytest.mark.parametrize(("name", "call"), [("verify", "pg.verify(graph, f)"), ("train", "pg.train(graph, k)")])
def test_a_removed_name_of_dask_is_answered_with_what_replaces_it(name, call):
    need("dask")
    with pytest.raises(AttributeError) as error:
        getattr(pg.dask, name)
    assert str(error.value) == f"module 'popgraph.dask' has no attribute '{name}'; {call} takes graphs in blocks"


@pytest.mark.parametrize("library", REQUIREMENTS)
def test_a_missing_library_is_named_with_what_to_install(library, monkeypatch):
    """As pyproject.toml has it, and never as an extra of a name that an index may give to somebody else."""
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(REQUIREMENTS[library]) <= set(extras["all"])
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as error:
        require(library)
    assert str(error.value).startswith(f'{library} is not installed; run: pip install "')
    assert all(f'"{requirement}"' in str(error.value) for requirement in REQUIREMENTS[library])
    assert "popgraph" not in str(error.value)


def test_every_library_that_is_required_somewhere_has_its_requirement():
    package = Path(pg.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    asked = {piece.split('"')[0].split(".")[0] for piece in sources.split('require("')[1:]}
    assert asked == set(REQUIREMENTS)
    assert "popgraph[" not in sources
