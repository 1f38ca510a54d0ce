"""Files of a graph to nodes, edges, features and labels."""
