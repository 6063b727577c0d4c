"""How weights come into the store: from files, over HTTP, from S3, from the Hugging Face hub.

What nobody needs who only verifies, and what needs packages that reach the network.
"""
