"""The composition root: objects built once per process and shared by pages, API, server and commands."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from time import perf_counter

from PIL import Image

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.config import settings
from digitrec.errors import DigitrecError, ModelError
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.strokes import render
from digitrec.prediction import InputMethod
from digitrec.recognition.automatic import AutomaticRecognizer
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.exploration.digit_index import DigitIndex, load_index
from digitrec.recognition.exploration.gradients import Gradients, load_gradients
from digitrec.recognition.feature_maps import FeatureMaps, load_feature_maps
from digitrec.recognition.models.cards import default_model, model_names
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.samples import CANVAS_SIDE, NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.server.admission import Admission
from digitrec.server.metrics import STAGES
from digitrec.server.rate_limits import RateLimits
from digitrec.storage.database import Database
from digitrec.storage.history import History, open_history

logger = logging.getLogger(__name__)


class Services:
    """The models, storage and admission of this process, loaded on first use. A failure is not cached."""

    def model_names(self) -> list[str]:
        """Return the names of the available digit models, the default first."""
        default = default_model(settings().model, settings().models)
        return [default, *(name for name in model_names(settings().models) if name != default)]

    def digit_recognizer(self, name: str | None = None) -> DigitRecognizer:
        """Return the recognizer of the model ``name``, or of the default model. Raises ModelError if it can't load."""
        name = name or _default_model(settings().model, settings().models)
        return _digit_recognizer(name, settings().models)

    def number_recognizer(self) -> NumberRecognizer:
        """Return the recognizer of numbers. Raises ModelError if its model or everyhand can't load."""
        return _number_recognizer(settings().models)

    def automatic_recognizer(self) -> AutomaticRecognizer:
        """Return the recognizer that decides between digit and number. Raises ModelError if a model can't load."""
        return AutomaticRecognizer(self.digit_recognizer(), self.number_recognizer())

    def feature_maps(self, name: str) -> FeatureMaps | None:
        """Return the feature maps of the model ``name``, or None if it has none. Raises ModelBroken if they can't
        load."""
        return _feature_maps(name, settings().models)

    def gradients(self, name: str) -> Gradients | None:
        """Return the gradient of the model ``name``, or None if it has none. Raises ModelBroken if it can't load."""
        return _gradients(name, settings().models)

    def digit_index(self, name: str) -> DigitIndex | None:
        """Return the index of the model ``name``, or None if it has none. Raises ModelBroken if it can't load."""
        return _digit_index(name, settings().models)

    def delete_model(self, name: str) -> None:
        """Delete a digit model from the model folder; raises ModelError if that fails."""
        folder = settings().models / name
        try:
            # Somebody else may have deleted it already.
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            message = f"{name} couldn't be deleted ({error.strerror or error}). Delete {folder} on the server."
            raise ModelError(message, folder) from error
        finally:
            for cached in (_digit_recognizer, _feature_maps, _gradients, _digit_index, _default_model):
                cached.cache_clear()

    def history_of(self, user: User) -> History:
        """Return the history of a user. Raises StorageError if the database or the image storage is not supported."""
        return replace(self._storage, user=user)

    @property
    def database(self) -> Database:
        """The database with the history of every user. Raises StorageError as ``history_of`` does."""
        return self._storage.database

    def warm_up(self) -> None:
        """Recognize drawings and photos and open the database, so that the first visitor doesn't wait for lazy loading.

        Nothing is saved or counted. Failures are logged; the pages and the health check report them as well.
        """
        start = perf_counter()
        for recognizer, strokes, width in (
            (self.digit_recognizer, samples()[5], CANVAS_SIDE),
            (self.number_recognizer, write_number("2026", samples()), NUMBER_CANVAS_WIDTH),
        ):
            with _failure_logged():
                photo = encode_image(Image.fromarray(255 - render(strokes, width)), "JPEG")
                recognizer().recognize(strokes_to_png(strokes, width), InputMethod.CANVAS)
                recognizer().recognize(photo, InputMethod.UPLOAD)
        with _failure_logged():
            self.history_of(LOCAL_USER).count()
        STAGES.clear()
        logger.info("Warmed up in %.0f ms", (perf_counter() - start) * 1e3)

    @cached_property
    def admission(self) -> Admission:
        """Rate limits, and slots for requests. Raises SettingsError if the settings name an invalid Redis address."""
        return Admission(RateLimits(settings().redis_url), settings().queue)

    @cached_property
    def _storage(self) -> History:
        return open_history(settings().data, LOCAL_USER, settings().database_url, settings().pictures)


@cache
def services() -> Services:
    """Return the services of this process. Loaded models outlive ``services.cache_clear()``."""
    return Services()


@contextmanager
def _failure_logged() -> Iterator[None]:
    try:
        yield
    except DigitrecError as error:
        logger.warning("The warm-up failed: %s", error)


@cache
def _digit_recognizer(name: str, models: Path) -> DigitRecognizer:
    return DigitRecognizer(load_digit_model(name, models))


@cache
def _number_recognizer(models: Path) -> NumberRecognizer:
    return NumberRecognizer(load_line_model(models))


_feature_maps = cache(load_feature_maps)
_gradients = cache(load_gradients)
_digit_index = cache(load_index)
# Finding the default model reads a model card, which every API request would repeat.
_default_model = cache(default_model)
