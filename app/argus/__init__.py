"""Argus station: an edge camera and recording station as one supervised process."""
