"""Find the folder with the data sets, downloading MNIST if none is given."""

from pathlib import Path

from digitrec.errors import MissingDataError

# The same file that keras.datasets.mnist downloads.
_MNIST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def data_folder(folder: Path | None) -> Path:
    """Return the given folder, or the one to which Keras has downloaded ``mnist.npz``.

    Raises:
        MissingDataError: MNIST cannot be downloaded.
    """
    if folder:
        return folder
    from keras.utils import get_file

    try:
        return Path(get_file("mnist.npz", _MNIST, file_hash=_SHA256)).parent
    except Exception as error:  # Keras raises bare exceptions if a download fails.
        raise MissingDataError(
            f"MNIST can't be downloaded: {error}. Use --data with a folder that holds mnist.npz."
        ) from error
