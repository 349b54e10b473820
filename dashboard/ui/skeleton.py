"""What the page consists of, before it can do anything."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def render_skeleton(controls: DeltaGenerator, numbers: DeltaGenerator) -> None:
    """Render the page greyed out in two placeholders, without torch.

    While the server imports torch, the browser fetches its own code for each kind of element; the real
    elements then appear half a second earlier.
    """
    with controls.container():
        st.pills("Presets", ["The article"], disabled=True, key="skeleton-presets")
        for setting in ("Batch size", "Learning rate", "Epochs"):
            st.slider(setting, disabled=True, format=" ", key=f"skeleton-{setting}")
        st.segmented_control("Input", ["raw"], disabled=True, key="skeleton-input")
        with st.expander("More"):
            st.number_input("Seed", disabled=True, key="skeleton-seed")
        st.button("Train", type="primary", width="stretch", disabled=True, key="skeleton-train")
        st.toggle("Slow motion", disabled=True, key="skeleton-slow")
    with numbers.container(), st.container(horizontal=True, key="skeleton-headline"):
        for number in ("Test accuracy", "Test loss", "Epoch"):
            st.metric(number, "–")
        with st.container(key="skeleton-run"):
            st.progress(0.0, text="&nbsp;  \nStarting. This takes a few seconds, once.")
