"""Series: numbers over time, and what comes next."""
