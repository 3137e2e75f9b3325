"""The network: from a picture to what it reads and how sure it is."""
