"""Train, evaluate, calibrate and export models of single digits."""
