"""What the dashboard relies on in other people's code without a promise of theirs, and where.

All of it was found in Streamlit 1.67, streamlit-drawable-canvas 0.13, plotly.py 7.1 and torchvision 0.28.
test_contract.py says what another version lacks. It holds this list to the sources, too: a selector or a
variable that is used but not listed fails a test there, and so does one that is listed but not used.
"""

from typing import NamedTuple

PAGE = "dashboard/page.css"
BOARD = "dashboard/ui/board.js"
CHART = "dashboard/ui/chart.js"
BEHAVIOUR_OF_PAGE = "dashboard/ui/page_behaviour.js"
PRESENTER, PRESENTER_KEYS = "dashboard/learn/presenter.css", "dashboard/learn/presenter.js"
PRINT = "dashboard/print.css"

# Streamlit's test ids, which style sheets and scripts take for names of its elements -> the files that do so.
TEST_IDS = {
    "stApp": {BEHAVIOUR_OF_PAGE, PRINT},  # has the background of the theme
    "stAppViewContainer": {PAGE, PRINT},  # holds the sidebar as a child of its own
    "stBaseButton-primary": {PAGE, PRESENTER_KEYS},
    "stBidiComponentIsolated": {BOARD},  # a component with an open shadow root: the canvas
    "stCaptionContainer": {PAGE},
    "stCheckbox": {PRINT},
    "stColumn": {"dashboard/inside/inside.css"},
    "stElementContainer": {  # its height can be set
        PAGE,
        "dashboard/ui/class_figure.js",
        "dashboard/ui/pictures.js",
        "dashboard/ui/run_table.js",
    },
    "stExpandSidebarButton": {BEHAVIOUR_OF_PAGE},  # there while the sidebar is closed
    "stLayoutWrapper": {PAGE},  # around a container
    "stMain": {PRESENTER, PRESENTER_KEYS, PRINT},  # what scrolls
    "stHeader": {PAGE, PRESENTER, PRINT},
    "stHeaderActionElements": {PRINT},  # the link beside a heading
    "stMainBlockContainer": {PAGE, PRESENTER, PRINT},
    "stMainMenu": {PAGE},
    "stMarkdownContainer": {PAGE},
    "stMetric": {PRINT},
    "stMetricLabel": {PAGE},
    "stMetricValue": {PAGE},
    "stProgress": {PAGE, PRINT},
    "stProgressBarTrack": {PRINT},
    "stSidebar": {PAGE, PRESENTER, PRINT},
    "stSidebarCollapseButton": {BEHAVIOUR_OF_PAGE},  # around the button that closes the sidebar
    "stSidebarHeader": {PAGE},
    "stSidebarUserContent": {PAGE},
    "stSlider": {PRINT},
    "stStatusWidget": {PAGE},  # only while a script runs for long
    "stTabPanel": {PAGE},
    "stToolbarActions": {PAGE},  # only where an app has some
    "stTooltipIcon": {PRINT},
    "stVerticalBlock": {PAGE},
}

# Variables of the theme, which a component inherits. (The classes .st-key-* are documented.)
THEME_VARIABLES = [
    "--st-background-color",
    "--st-base-radius",
    "--st-blue-color",
    "--st-border-color",
    "--st-border-color-light",
    "--st-button-radius",
    "--st-chart-categorical-colors",  # ten colours in a row, commas between them
    "--st-font",
    "--st-gray-color",
    "--st-orange-color",
    "--st-primary-color",
    "--st-secondary-background-color",
    "--st-text-color",
]

# Classes in the canvas's shadow root.
CANVAS_CLASSES = {
    "dc-canvas": {BOARD},
    "dc-container": {BOARD},
    "dc-root": {BOARD},
    "dc-toolbar": {BOARD},
    "lower-canvas": {BOARD},  # shows the strokes that have ended
    "upper-canvas": {BOARD},  # takes the mouse, and shows the stroke that goes on
}

# What the buttons of the canvas's own toolbar are called.
CANVAS_BUTTONS = {
    "Undo": BOARD,
    "Redo": BOARD,
    "Reset canvas & history": BOARD,
    "Update the app with this drawing": BOARD,  # sends a stroke without the delay of 200 ms
}

# Classes in plotly's picture.
PLOTLY_CLASSES = {
    "hoverlayer": {CHART, "dashboard/ui/chart.css"},  # the labels at the pointer
    "hovertext": {CHART},
    "nums": {CHART},  # in a label: what it says; several lines are tspans of the class "line"
    "nsewdrag": {"dashboard/ui/chart.css"},  # the area that takes clicks and drags
}


class Behaviour(NamedTuple):
    """Something that other people's code does, and the test that fails if it does so no more."""

    library: str
    what: str
    used_in: str
    test: str  # its file in tests/, and its name


_CONTRACT, _BOARD, _CHART = "browser/test_contract.py", "browser/test_board.py", "browser/test_chart.py"
_GATE = "dashboard/server/test_gate.py"

BEHAVIOURS = [
    Behaviour(
        "streamlit",
        "st._main is the main part of the page, whatever container is open.",
        "dashboard/page.py",
        f"{_CONTRACT}::test_streamlit_names_the_main_part_of_the_page",
    ),
    Behaviour(
        "streamlit",
        "AppSession begins a thread if the one before takes no more requests, and drops what is not sent.",
        "dashboard/server/overlapping_runs.py",
        "dashboard/server/test_overlapping_runs.py"
        "::test_a_run_loses_nothing_to_a_part_that_is_asked_for_while_it",
    ),
    Behaviour(
        "streamlit",
        "What Python makes of the address goes through history.pushState, which the page replaces.",
        BEHAVIOUR_OF_PAGE,
        f"{_CONTRACT}::test_streamlit_writes_the_address_as_before",
    ),
    Behaviour(
        "streamlit",
        "Back and Forward run the script with the address that they lead to, and with is_history_navigation.",
        "dashboard/address.py",
        f"{_CONTRACT}::test_streamlit_writes_the_address_as_before",
    ),
    Behaviour(
        "streamlit",
        "A request that was sent before the page heard of a new address carries the old one.",
        "dashboard/address.py",
        "browser/test_history.py::test_runs_are_found_again_by_back_and_forward_by_the_cookie_and_in_the_list",
    ),
    Behaviour(
        "streamlit",
        "Elements that keep their place keep their component, with all that it holds, also in a closed tab.",
        "dashboard/page.py",
        f"{_BOARD}::test_a_drawing_outlives_a_new_pen_width_ticks_another_tab_and_the_dark",
    ),
    Behaviour(
        "streamlit",
        "The default of a control with a key is no part of its id, and is shown where it has no value yet.",
        "dashboard/state.py",
        "browser/test_share.py::test_a_link_keeps_its_settings_although_train_is_pressed_before_the_sliders_are_there",
    ),
    Behaviour(
        "streamlit",
        "A component of our own gets bytes as they are, and the same element of the page at each change.",
        CHART,
        f"{_CHART}::test_a_chart_shows_each_change_in_place_and_zoom_and_hidden_lines_stay",
    ),
    Behaviour(
        "streamlit",
        "A component's script is called again when the theme changes.",
        "dashboard/ui/pictures.js",
        "browser/test_pictures.py::test_ink_and_signed_values_have_the_colours_of_the_theme_and_follow_it",
    ),
    Behaviour(
        "streamlit",
        "The element around a component tells the theme by its colour scheme.",
        BOARD,
        f"{_BOARD}::test_a_drawing_outlives_a_new_pen_width_ticks_another_tab_and_the_dark",
    ),
    Behaviour(
        "streamlit",
        "The folder of a declared component is served, also of one that is never mounted.",
        "dashboard/ui/chart.py",
        f"{_CONTRACT}::test_the_page_has_what_our_style_sheets_and_scripts_rely_on",
    ),
    Behaviour(
        "streamlit",
        "The page's HTML has one </body>, to which the style sheet is added.",
        "dashboard/server/page_style.py",
        f"{_CONTRACT}::test_the_page_has_what_our_style_sheets_and_scripts_rely_on",
    ),
    Behaviour(
        "streamlit",
        "A browser's messages are of the kind BackMsg, of which each field is known.",
        "dashboard/server/block_unused_endpoints.py",
        "dashboard/server/test_block_unused_endpoints.py::test_allowed_and_refused_together_are_all_fields_that_streamlit_knows",
    ),
    Behaviour(
        "streamlit",
        "It answers at certain paths, and at no others.",
        "dashboard/server/block_unused_endpoints.py",
        "dashboard/server/test_block_unused_endpoints.py::test_each_route_of_streamlit_is_either_served_or_blocked",
    ),
    Behaviour(
        "streamlit",
        "A session has the only websocket, at /_stcore/stream.",
        "dashboard/server/sessions.py",
        "dashboard/server/test_block_unused_endpoints.py::test_the_session_has_the_only_websocket_and_at_the_path_where_sessions_are_counted",
    ),
    Behaviour(
        "streamlit",
        "Sessions that ended lie in a cache, which drops those whose time is over when it is told to.",
        "dashboard/server/free_memory.py",
        "dashboard/server/test_free_memory.py::test_streamlit_drops_a_session_that_ended_long_ago",
    ),
    Behaviour(
        "streamlit",
        "A handshake's subprotocols are a name, the XSRF token, and the session that it wants back.",
        "dashboard/server/sessions.py",
        f"{_GATE}::test_a_session_is_given_back_only_to_the_browser_that_began_it",
    ),
    Behaviour(
        "streamlit",
        "It tells a browser its session's id in the message new_session, before anything else names it.",
        "dashboard/server/sessions.py",
        f"{_GATE}::test_a_session_is_given_back_only_to_the_browser_that_began_it",
    ),
    Behaviour(
        "streamlit",
        "Its cookie _streamlit_xsrf comes with the first answer and keeps its token, however masked.",
        "dashboard/server/sessions.py",
        f"{_GATE}::test_a_browser_is_known_by_streamlit_s_own_cookie_before_it_has_any_work",
    ),
    Behaviour(
        "streamlit",
        "It admits an origin whose host and port are those of the header Host, and looks nothing up for it.",
        "dashboard/server/origin.py",
        f"{_GATE}::test_only_pages_of_the_same_or_an_allowed_origin_may_connect",
    ),
    Behaviour(
        "streamlit",
        "The id of a control ends with its key.",
        "dashboard/server/block_unused_endpoints.py",
        f"{_GATE}::test_a_value_that_is_too_large_is_left_out_and_the_page_says_so",
    ),
    Behaviour(
        "uvicorn",
        "It adds each connection to the set server_state.connections; those of requests have a cycle, which "
        "is None before the first and says when its answer is complete.",
        "dashboard/server/connections.py",
        f"{_GATE}::test_what_sends_nothing_for_ten_seconds_is_refused_or_closed",
    ),
    Behaviour(
        "uvicorn",
        "Its handler of Ctrl-C is a method of the server, which ends when its should_exit is set.",
        "dashboard/server/exit.py",
        "browser/test_main_job.py::test_the_first_visitor_trains_and_draws_and_finds_all_runs_after_a_ctrl_c",
    ),
    Behaviour(
        "streamlit",
        "A session's state knows what is called for each button, in widget_metadata, once it was rendered.",
        "dashboard/visitor.py",
        f"{_GATE}::test_the_first_press_after_a_restart_counts_although_it_names_a_part_of_the_page_from_before",
    ),
    Behaviour(
        "canvas",
        "Its buttons are disabled while they can do nothing, and take a click from a script.",
        BOARD,
        f"{_BOARD}::test_strokes_reach_python_and_undo_redo_and_clear_work_from_the_keyboard",
    ),
    Behaviour(
        "canvas",
        "It draws by the events of a mouse, also by those of a script.",
        BOARD,
        f"{_BOARD}::test_a_palm_that_comes_first_leaves_the_drawing_to_the_finger",
    ),
    Behaviour(
        "canvas",
        "A stroke is on its upper layer while it goes on, and on its lower layer a frame after its end.",
        BOARD,
        "browser/test_draw.py::test_the_answer_follows_the_pen_and_nothing_is_sent_until_it_is_lifted",
    ),
    Behaviour(
        "canvas",
        "Another width of the pen keeps the drawing.",
        "dashboard/ui/board.py",
        f"{_BOARD}::test_a_drawing_outlives_a_new_pen_width_ticks_another_tab_and_the_dark",
    ),
    Behaviour(
        "canvas",
        "Its cursor is a cross as soon as it takes strokes.",
        "tests/support/browser.py",
        f"{_CONTRACT}::test_the_page_has_what_our_style_sheets_and_scripts_rely_on",
    ),
    Behaviour(
        "plotly",
        "A view and a hidden line stay while uirevision stays and the figure brings no other range.",
        CHART,
        f"{_CHART}::test_a_chart_shows_each_change_in_place_and_zoom_and_hidden_lines_stay",
    ),
    Behaviour(
        "plotly",
        "plotly_relayout names a range that was chosen as xaxis.range[0] and so on.",
        CHART,
        f"{_CHART}::test_a_chart_shows_each_change_in_place_and_zoom_and_hidden_lines_stay",
    ),
    Behaviour(
        "plotly",
        "plotly_click gives curveNumber, pointNumber, x and y; of a heatmap, pointNumber is [row, column].",
        CHART,
        f"{_CHART}::test_a_click_on_a_cell_reaches_python_exactly_once",
    ),
    Behaviour(
        "plotly",
        "A touch that scrolled the page ends as a click.",
        CHART,
        f"{_CHART}::test_a_finger_scrolls_the_page_and_a_tap_clicks_and_is_told_below_the_figure",
    ),
    Behaviour(
        "plotly",
        "plotly.min.js can be evaluated as a script, and is then window.Plotly.",
        CHART,
        f"{_CHART}::test_the_room_is_there_before_plotly_is_and_plotly_comes_once",
    ),
    Behaviour(
        "torchvision",
        "datasets.MNIST has mirrors and resources, finds archives that are there already, and unpacks them.",
        "mnist_core/data/download.py",
        f"{_CONTRACT}::test_torchvision_has_what_the_download_relies_on",
    ),
    Behaviour(
        "torchvision",
        "Beside its __init__ lies the library with its operators, of which nms and qnms are registered.",
        "mnist_core/data/torchvision_shim.py",
        "mnist_core/data/test_torchvision_shim.py::test_data_sets_and_transforms_work",
    ),
]
