"""Engines that run no model here: servers that speak OpenAI's protocol, and recorded completions."""
