"""The inward shore: the stream on which every event has its place, in Redis or in this process."""
