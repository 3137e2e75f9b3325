"""From a picture that came in to what goes out."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from digitrec.accounts.users import User
from digitrec.api.problems import Problem, retry_later_problem
from digitrec.api.requests import ParsedRequest, decode_image_data
from digitrec.api.responses import AnyResponse, response_from
from digitrec.errors import Busy, ImageError, ModelError, StorageError
from digitrec.prediction import AnyPrediction, InputMethod, Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.server.admission import reading_queue
from digitrec.server.metrics import VERDICTS
from digitrec.storage.history import History

logger = logging.getLogger(__name__)


class Predictor:
    """Reads pictures and keeps those of people."""

    def __init__(
        self, recognizers: Mapping[Mode, Callable[[], AnyRecognizer]], history_of: Callable[[User], History]
    ) -> None:
        self._recognizers = recognizers
        self._records_of = history_of

    async def answer(self, picture: str | bytes, parsed: ParsedRequest, owner: User | None) -> AnyResponse:
        """What a picture says, kept in the history of whose key it came with.

        Raises:
            Problem: it cannot be read, or not now.
        """

        def work() -> tuple[AnyPrediction, AnyResponse]:
            prediction = self._recognizers[parsed.mode]().recognize(decode_image_data(picture), InputMethod.API)
            return prediction, response_from(prediction, parsed.debug)

        try:
            prediction, answer = await reading_queue().read_async(work)
        except Busy as error:
            raise retry_later_problem(error, "busy") from error
        except ImageError as error:
            raise Problem(413 if error.reason == "too_large" else 400, error.reason, str(error)) from error
        except ModelError as error:
            logger.error("No model is loaded: %s", error)
            raise Problem(503, "model_not_loaded", "No model is loaded at the moment. Try again later.") from error
        except Exception as error:
            logger.exception("A picture could not be read")
            raise Problem(500, "inference_failed", "Reading failed here. Try again, or another picture.") from error
        VERDICTS.labels(InputMethod.API, prediction.verdict).inc()
        if owner and prediction.label:
            answer.recorded = await asyncio.to_thread(self._keep, prediction, owner)
        return answer

    def _keep(self, prediction: AnyPrediction, owner: User) -> bool:
        try:
            self._records_of(owner).save(prediction, InputMethod.API)
        except StorageError as error:
            logger.warning("A picture is not kept: %s", error)
            return False
        return True
