"""``model_card.md``: what a stranger must know of a model, in Hugging Face's format."""
