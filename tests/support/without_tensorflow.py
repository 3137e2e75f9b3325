"""An environment in which the libraries that only training needs aren't installed."""

SITECUSTOMIZE = """
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec
hidden = {"tensorflow", "keras", "tf_keras", "h5py", "HersheyFonts"}
PathFinder.find_spec = staticmethod(
    lambda name, *more: None if name.partition(".")[0] in hidden else find_spec(name, *more)
)
"""


def without_tensorflow(folder):
    """Return variables with which Python doesn't find these libraries, by a file in the folder."""
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    return {"PYTHONPATH": str(folder)}
