"""Train, evaluate, calibrate and export the model of lines."""
