"""Reading and writing of weights and tokenizers, the same for training and for evaluation."""
