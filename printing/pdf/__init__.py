"""PDF files of labels: page objects, crop marks and the streamed document."""
