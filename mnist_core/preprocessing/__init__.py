"""From strokes, photos and scans to the model's 784 inputs."""
