"""The manual's build: Sphinx with MyST, offline; pages made from the code lie in `tables/` while it builds."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import kladsim  # noqa: E402
from kladsim.model.version import model_version  # noqa: E402
from kladsim.runs.development import describe_development  # noqa: E402

project = "kladsim"
author = "The kladsim maintainers"
copyright = author
version = release = f"{kladsim.__version__}, model {model_version()}"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "pages",
]
exclude_patterns = ["_build", "_ext"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True

smartquotes = False  # two hyphens are an option, not a dash

html_theme = "furo"
html_title = f"kladsim {kladsim.__version__}"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_show_sourcelink = False
html_copy_source = False
html_domain_indices = False
html_theme_options = {
    "announcement": describe_development(),
    "footer_icons": [],
    "light_css_variables": {"color-brand-primary": "#1f5f8b", "color-brand-content": "#1f5f8b"},
    "dark_css_variables": {"color-brand-primary": "#7fbbe3", "color-brand-content": "#7fbbe3"},
}
