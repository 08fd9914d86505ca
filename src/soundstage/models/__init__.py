"""The families of models, one file or folder each; they speak tensors only and never import each other."""
