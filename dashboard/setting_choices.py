"""The settings that the controls offer, and how each is written on the page and in its address."""

from mnist_core import Preprocessing, TrainingConfig

ARTICLE = TrainingConfig()

BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
LEARNING_RATES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
MOST_EPOCHS = 50
LARGEST_SEED = 2**31 - 1
INPUTS = {
    Preprocessing.RAW: "raw",
    Preprocessing.DESKEW: "deskewed",
    Preprocessing.DIRECTIONS: "moments",
}

write_batch_size = "{:,}".format
write_learning_rate = "{:g}".format
