"""The two themes of our own: quiet grounds, one blue, and colours only where they mean something."""

from textual.theme import Theme

DARK = Theme(
    name="batchtui-dark",
    primary="#6cb2ff",
    secondary="#8fa3bf",
    accent="#7fd0ff",
    success="#7fc98f",
    warning="#e8b768",
    error="#ff7b86",
    foreground="#d5dae3",
    background="#11141a",
    surface="#161a21",
    panel="#1f252e",
    dark=True,
    variables={"border": "#2c3440", "border-blurred": "#2c3440", "block-cursor-text-style": "none"},
)

LIGHT = Theme(
    name="batchtui-light",
    primary="#1559b3",
    secondary="#51617a",
    accent="#0a66a8",
    success="#1f7a3d",
    warning="#8a5a00",
    error="#b3202e",
    foreground="#1d232c",
    background="#eceff3",
    surface="#f8f9fb",
    panel="#dfe4ea",
    dark=False,
    variables={"border": "#c3cad4", "border-blurred": "#c3cad4", "block-cursor-text-style": "none"},
)

THEMES = (DARK, LIGHT)
