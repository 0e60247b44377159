"""What a browser is shown: templates, one style, one script."""
