"""Exploring a model with one drawing: gradients, adversarial examples, similar training digits and variations."""
