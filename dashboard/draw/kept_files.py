"""A person's kept drawings as files: download, upload, remove all."""

from collections.abc import Sequence

import streamlit as st

from dashboard import state
from dashboard.lab.kept_drawings import KeptDrawing, KeptDrawings
from dashboard.ui.markdown import escape
from mnist_core.storage.drawings_zip import drawings_from_zip


def render_kept_files(drawings: KeptDrawings, kept: Sequence[KeptDrawing]) -> None:
    """Offer to download the drawings, to add others from a file, and to remove all."""
    with st.container(horizontal=True, gap="small"):
        if kept:
            st.download_button(
                "Download",
                drawings.zip(),
                "digit-lab-drawings.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                help="One zip of PNG files, and a table with their labels.",
            )
        with st.popover("Add from a file", icon=":material/upload:"):
            _render_upload(drawings)
        if kept:
            with st.popover("Remove all", icon=":material/delete:"):
                st.markdown("This can't be undone. Download them first.")
                st.button(f"Remove all {len(kept)}", on_click=drawings.drop_all, type="primary")


def _render_upload(drawings: KeptDrawings) -> None:
    file = st.file_uploader(
        "A zip of drawings, as Download makes it", type="zip", key=f"zip-{state.uploads.get()}"
    )
    if file is None:
        return
    try:
        added = drawings_from_zip(file.getvalue())
        new = drawings.keep(added)
    except ValueError as error:
        st.error(f"This file cannot be used: {escape(str(error))}.")
        return
    known = len(added) - new
    state.uploads.set(state.uploads.get() + 1)
    state.kept_notice.set(f"Added from the file: {new}." + (f" Already here: {known}." if known else ""))
    st.rerun()
