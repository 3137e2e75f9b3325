"""Public data sets of digits, read from files in a folder and preprocessed like input to the app."""
