"""What is indexed and how it is ranked, and all public pages of the directory."""
