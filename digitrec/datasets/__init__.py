"""Digits of others, read from files in a folder and put through the preprocessing of the app."""
