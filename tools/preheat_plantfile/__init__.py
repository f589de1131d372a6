"""The plant file: one YAML file that says which models are needed when.

`reading` reads and checks it, `schema` types its fields, `checks` compares them, `compiling` makes a plan's models,
`importing` and `migrating` make one from something else, `writing` and `editing` own its text. Knows no terminal.
"""
