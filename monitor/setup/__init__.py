"""What a school begins with: the register, its local press, its first configuration; all pure."""
