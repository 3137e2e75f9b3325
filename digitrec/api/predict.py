"""From a picture that came in to what goes out."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from digitrec.accounts.users import Person
from digitrec.api.problems import Problem, too_many
from digitrec.api.requests import Asked, file_of
from digitrec.api.responses import AnyAnswer, answer_of
from digitrec.errors import Busy, ImageError, ModelError, StoreError
from digitrec.prediction import AnyRecognition, Mode, Source
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.server.admission import reading_queue
from digitrec.server.metrics import VERDICTS
from digitrec.storage.history import Records

logger = logging.getLogger(__name__)


class Reading:
    """Reads pictures and keeps those of people."""

    def __init__(
        self, recognizers: Mapping[Mode, Callable[[], AnyRecognizer]], records_of: Callable[[Person], Records]
    ) -> None:
        self._recognizers = recognizers
        self._records_of = records_of

    async def answer(self, picture: str | bytes, asked: Asked, owner: Person | None) -> AnyAnswer:
        """What a picture says, kept in the history of whose key it came with.

        Raises:
            Problem: it cannot be read, or not now.
        """

        def work() -> tuple[AnyRecognition, AnyAnswer]:
            recognition = self._recognizers[asked.mode]().read(file_of(picture), Source.API)
            return recognition, answer_of(recognition, asked.debug)

        try:
            recognition, answer = await reading_queue().read_async(work)
        except Busy as error:
            raise too_many(error, "busy") from error
        except ImageError as error:
            raise Problem(413 if error.reason == "too_large" else 400, error.reason, str(error)) from error
        except ModelError as error:
            logger.error("No model is loaded: %s", error)
            raise Problem(503, "model_not_loaded", "No model is loaded at the moment. Try again later.") from error
        except Exception as error:
            logger.exception("A picture could not be read")
            raise Problem(500, "inference_failed", "Reading failed here. Try again, or another picture.") from error
        VERDICTS.labels(Source.API, recognition.verdict).inc()
        if owner and recognition.label:
            answer.recorded = await asyncio.to_thread(self._keep, recognition, owner)
        return answer

    def _keep(self, recognition: AnyRecognition, owner: Person) -> bool:
        try:
            self._records_of(owner).save(recognition, Source.API)
        except StoreError as error:
            logger.warning("A picture is not kept: %s", error)
            return False
        return True
