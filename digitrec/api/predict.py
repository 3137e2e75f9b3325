"""Predictions for API requests."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from digitrec.api.authentication import Caller
from digitrec.api.problems import Problem, retry_later_problem
from digitrec.api.requests import Options, decode_image_data
from digitrec.api.responses import AnyResponse, response_from
from digitrec.errors import ImageError, ModelError, RetryLater, StorageError
from digitrec.prediction import AnyPrediction, InputMethod, Mode
from digitrec.recognition.automatic import AUTO, AnyRecognizer
from digitrec.server.metrics import VERDICTS
from digitrec.server.rate_limits import Limited
from digitrec.services import Services

logger = logging.getLogger(__name__)


async def predict_image(services: Services, image: str | bytes, options: Options, caller: Caller) -> AnyResponse:
    """Return the prediction for an image, saved to the history of its owner, if any. Raises Problem if that fails."""

    def work() -> tuple[AnyPrediction, AnyResponse]:
        recognizers: dict[str, Callable[[], AnyRecognizer]] = {
            Mode.DIGIT: services.digit_recognizer,
            Mode.NUMBER: services.number_recognizer,
            AUTO: services.automatic_recognizer,
        }
        recognizer = recognizers[options.mode]()
        with services.admission.limits.work(Limited.API, caller.name):
            prediction = recognizer.recognize(decode_image_data(image), InputMethod.API)
            return prediction, response_from(prediction, options.debug)

    try:
        prediction, response = await services.admission.run(work, caller.address)
    except RetryLater as error:
        raise retry_later_problem(error) from error
    except ImageError as error:
        raise Problem(413 if error.reason == "too_large" else 400, error.reason, str(error)) from error
    except ModelError as error:
        logger.error("No model is loaded: %s", error)
        raise Problem(503, "model_not_loaded", "No model is loaded. Try again later.") from error
    except Exception as error:
        logger.exception("An image couldn't be recognized")
        raise Problem(500, "inference_failed", "Recognition failed. Try again, or try another image.") from error
    VERDICTS.labels(InputMethod.API, prediction.verdict).inc()
    if caller.owner and prediction.label:
        with suppress(StorageError):
            await asyncio.to_thread(services.history_of(caller.owner).save, prediction, InputMethod.API)
            response.recorded = True
    return response
