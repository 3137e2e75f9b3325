"""Training, measuring and exporting networks: the only room that imports Keras and TensorFlow."""

import os

# Two screens of start-up notices about the processor and missing GPUs help nobody who trains on a laptop.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
