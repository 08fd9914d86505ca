"""How a brief becomes a script: the built-in writer, which needs no language model, and the one that asks one.

`writer` reads the brief (`brief`, `tagger`, `phrases`, `duration` over `lexicon`, `grammar`, `verbs`), casts and stages
it (`casting`, `staging`, `moods`), follows a plot (`plots`) and tells it in words (`prose` over `beats`, `finds`,
`tales`, `trials`, `musings`). `llm` asks an OpenAI-compatible endpoint instead.
"""
