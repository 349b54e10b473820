"""What the page is made of, before it can do anything."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def render_skeleton(controls: DeltaGenerator, numbers: DeltaGenerator) -> None:
    """Show the page greyed out in two placeholders, with no need of torch.

    While the server imports torch the browser fetches its own code for each kind of element here; the real
    ones are then on screen half a second earlier.
    """
    with controls.container():
        for setting in ("Batch size", "Learning rate", "Epochs"):
            st.slider(setting, disabled=True, format=" ", key=f"outline-{setting}")
        st.segmented_control("Input", ["raw", "deskewed", "moments"], disabled=True, key="outline-input")
        with st.expander("More"):
            st.number_input("Seed", disabled=True, key="outline-seed")
        st.button("Train", type="primary", width="stretch", disabled=True, key="outline-train")
        st.toggle("Slow motion", disabled=True, key="outline-slow")
    with numbers.container():
        with st.container(horizontal=True):
            for number in ("Test accuracy", "Test loss", "Epoch", "Digits a second"):
                st.metric(number, "–")
        st.progress(0.0, text="Starting. This takes a few seconds once.")
