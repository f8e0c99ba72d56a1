"""What anywidget asks of Colab, and nothing else: it switches custom widgets on by itself, once a notebook."""

asked = []


class _widgets:
    _installed_url = None


def enable_custom_widget_manager():
    asked.append(True)
    _widgets._installed_url = "https://colab.invalid/widgets.js"
