"""For people who test their own applications: see `plugin`."""
