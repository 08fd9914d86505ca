"""Neural codecs: vector quantisation, SEANet, the causal video autoencoder, the iSTFT vocoder head."""
