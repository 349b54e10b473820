"""Files that are complete or absent: safetensors, images, zips."""
