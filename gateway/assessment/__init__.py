"""The needs-assessment act: a form that is data, prefilled from an answer, edited, printed and exported."""
