"""PDF files of labels: objects, crop marks and the streamed document."""
