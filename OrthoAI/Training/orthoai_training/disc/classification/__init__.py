"""Classification of disc crops: the paper's six backbones and a compact multi-task network."""
