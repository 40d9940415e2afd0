"""Programs that this one starts: weights in worker processes, inference servers, programs of the user's, actors on Ray."""
