"""The recipes: one runnable function a training run, each with its data, its budget and its export."""
