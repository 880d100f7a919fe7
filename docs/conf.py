"""How the site is built: `pip install -e ".[docs]" && sphinx-build -W --keep-going docs build/site`, with no network.

What is made of other folders is written beside the sources before Sphinx reads them, and git ignores it: the notebooks (`book/`),
the examples (`gallery/`), and a page for each public name (`reference/`). Nothing on a page asks another host for anything.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))  # beside the sources, as is Sphinx's custom

import book  # noqa: E402
import gallery  # noqa: E402
import reference  # noqa: E402

import popgraph  # noqa: E402

project = "popgraph"
author = "The popgraph developers"
copyright = author
version = release = popgraph.__version__

book.write(HERE.parent / "notebooks", HERE / "book")
gallery.write(HERE.parent / "examples", HERE / "pictures" / "gallery", HERE / "examples")
reference.write(HERE / "reference")

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
    "mathml",
    "crosslinks",
]
exclude_patterns = [
    "examples",
    "extensions",
    "**.ipynb_checkpoints",
    "gallery/*.ipynb",
    "gallery/*.py",
    "**/GALLERY_HEADER.rst",
]
default_role = "py:obj"  # so that a name in single backticks is a link wherever it names something
add_module_names = False
autodoc_mock_imports = reference.MOCKED
autodoc_typehints = "none"  # numpydoc's tables say the types in words
autodoc_preserve_defaults = True
numpydoc_show_class_members = False  # the pages of reference/ list them
numpydoc_class_members_toctree = False

nb_execution_mode = (
    "off"  # the outputs that are stored are shown; tests/test_notebooks.py holds them to what runs today
)
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # or a page with a widget would fetch scripts
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = [
    "config.cache",  # the gallery's settings hold functions
    "ref.python",  # `.expand()` is a method of many classes, and is shown without a link
    "mystnb.unknown_mime_type",  # a widget's state: what it prints as text is shown
]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": gallery.EXECUTED,
    "ignore_pattern": r"__init__",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "min_reported_time": 10**6,
    "write_computation_times": False,
    "doc_module": ("popgraph",),
    "backreferences_dir": "gallery/backreferences",
    "remove_config_comments": True,
    "matplotlib_animations": False,
    "capture_repr": (),
    "abort_on_example_error": True,
    "notebook_extensions": set(),
    "copyfile_regex": r".*\.png",
}

html_theme = "pydata_sphinx_theme"
html_title = "popgraph"
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "light"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "use_edit_page_button": False,
    "back_to_top_button": True,
    "show_toc_level": 2,
    "logo": {"text": "popgraph"},
    "navigation_depth": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}
