"""How an agent learns: its memory, its rule and its optimizer."""
