import pytest

from digitrec.errors import ModelBroken
from digitrec.training.imported.import_model import Request
from digitrec.training.imported.worker import convert_model
from tests.support.foreign_models import varied_samples


@pytest.fixture
def imported(tmp_path):
    """Return a function that imports a model in this process, without limits, and returns its card."""

    def run(path, trusted=False):
        folder = tmp_path / "imported" / "mine"
        folder.mkdir(parents=True, exist_ok=True)
        request = Request(path, "mine", tmp_path, "import", trusted)
        return convert_model(request, folder, varied_samples(1), varied_samples(2), lambda stage: None)

    return run


@pytest.fixture
def refusal(imported, tmp_path):
    """Return a function that imports a model and returns the message with which it is refused."""

    def run(path):
        with pytest.raises(ModelBroken) as caught:
            imported(path)
        message = str(caught.value)
        assert str(path) in message
        assert str(tmp_path / "imported") not in message
        return message

    return run
