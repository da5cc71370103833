"""Work that goes on beside the requests: resumable, paced, safe to run in several processes."""
