"""The embedded log and its Faust driver; the producers."""
