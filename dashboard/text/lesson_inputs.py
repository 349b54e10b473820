"""The four inputs, each explained in a sentence or two beside a digit that went through it."""

from mnist_core import Preprocessing

INPUT_SENTENCES = {
    Preprocessing.RAW: "the 784 pixels as they were written. This is softmax regression as most articles "
    "teach it.",
    Preprocessing.DESKEW: "the digit is sheared until it stands upright, and centred. A 1 that leans and a 1 "
    "that does not then have their ink on the same pixels.",
    Preprocessing.MOMENTS: "it is also brought to one width and height, so that small and large digits have "
    "their ink on the same pixels.",
    Preprocessing.DIRECTIONS: "the same, and then the pixels are replaced: at each of 7 × 7 places, 16 "
    "numbers say how strong the edges are in 16 directions, drawn here as a star. A pixel only says whether "
    "there is ink; a star also says which way the stroke runs, which no sum of weighted pixels can tell.",
}


def inputs_opening(name: str, how: Preprocessing) -> str:
    """Begin the section for a digit of this name, and say which input the model on the page has."""
    other = " (an older kind, not offered any more)" if how not in INPUT_SENTENCES else ""
    return (
        "### Four inputs\n\n"
        "The model can be given more or less prepared digits. It always gets 784 numbers, so nothing else on "
        f"this page changes. Here is {name} with each of the four inputs; the model on this page has "
        f"**{how}**{other}."
    )
