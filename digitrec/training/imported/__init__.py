"""Import models that were trained elsewhere, without running code from their files."""

from digitrec.errors import DigitrecError


class NotImportable(DigitrecError):
    """A model can't be imported. The message goes after the model's name, as in "is empty."."""
