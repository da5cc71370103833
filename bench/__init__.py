"""What a request costs, beside other servers of the same API: `make bench`. See README.md."""
