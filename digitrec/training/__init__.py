"""Train, evaluate and export networks: the only package that imports Keras and TensorFlow."""

import os

# Hide TensorFlow's start-up messages about the processor and missing GPUs.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
