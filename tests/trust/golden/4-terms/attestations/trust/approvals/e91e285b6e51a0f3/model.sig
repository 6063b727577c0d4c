a bundle, which verifiers do not read
