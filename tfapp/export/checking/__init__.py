"""Does a published model answer as the network that was trained?"""
