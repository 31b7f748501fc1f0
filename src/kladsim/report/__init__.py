"""What a person reads: tables, figures, briefs, and the description of the model (ODD+D) generated from the
schema, the phases and the register.
"""
