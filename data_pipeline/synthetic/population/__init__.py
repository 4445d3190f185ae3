"""Who shows what: subjects, expressions and their coding, without pixels."""
