"""The colours of the theme, named by what they mean in a figure; chart.js fills in the values."""

# Blue and orange, because colour-blind people can tell them apart.
POSITIVE, NEGATIVE = "var(--st-blue-color)", "var(--st-orange-color)"
BACKGROUND, TEXT, FAINT = "var(--st-background-color)", "var(--st-text-color)", "var(--st-gray-color)"
MUTED = "var(--st-secondary-background-color)"
BORDER = "var(--st-border-color)"
ACCENT = "var(--st-primary-color)"
SECOND = "var(--digit-1)"  # the second of the ten categorical colours
