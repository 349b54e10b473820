"""MNIST: its download, its files, and the sample that ships with the package."""
