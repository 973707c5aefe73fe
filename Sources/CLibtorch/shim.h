// The libraries and headers come from the pkg-config file that scripts/bootstrap writes.
