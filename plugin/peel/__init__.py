"""A peel, from the form in the docker to the layers in the document."""
