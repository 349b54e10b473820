"""The theme's colours by what they mean in a figure; the chart component fills in the values."""

POSITIVE, NEGATIVE = "var(--st-blue-color)", "var(--st-orange-color)"  # told apart by colour-blind eyes
BACKGROUND, TEXT, FAINT = "var(--st-background-color)", "var(--st-text-color)", "var(--st-gray-color)"
MUTED = "var(--st-secondary-background-color)"
BORDER = "var(--st-border-color)"
ACCENT = "var(--st-primary-color)"
SECOND = "var(--digit-1)"  # the second of the ten categorical colours
