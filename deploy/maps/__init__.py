"""Draws the shapes of the report's maps: `python -m deploy.maps.build`."""
