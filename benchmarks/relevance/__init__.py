"""`make relevance`: how well the search finds what people mean, over questions that were judged by hand."""
