"""What `make bench` runs: made-up listings, measurements, and one table. Never part of the product."""
