"""What is known and how well: the register of parameters (unit, range, prior, source, grade) and the tables
of claims, figures, targets and patterns. Pure data and its readers.
"""
