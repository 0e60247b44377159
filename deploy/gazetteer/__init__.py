"""Builds the gazetteer that membership reads: `python -m deploy.gazetteer.build`."""
