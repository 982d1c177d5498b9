"""Moving pictures: video source, encoder drivers, pipeline, stream hub, snapshot, media profiles."""
