"""The data that is downloaded where nobody names a folder."""

from pathlib import Path

from digitrec.errors import MissingDataError

# What keras.datasets.mnist downloads.
_MNIST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def data_folder(named: Path | None) -> Path:
    """The folder that was named, else the one where Keras keeps ``mnist.npz`` once it has downloaded it.

    Raises:
        DataMissing: it cannot be downloaded.
    """
    if named:
        return named
    from keras.utils import get_file

    try:
        return Path(get_file("mnist.npz", _MNIST, file_hash=_SHA256)).parent
    except Exception as error:  # Keras raises bare exceptions where a download fails.
        raise MissingDataError(
            f"MNIST cannot be downloaded: {error}. Name a folder with mnist.npz by --data."
        ) from error
