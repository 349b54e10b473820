"""A trained model or a run to take home: as one HTML page, as a script, as a notebook."""
