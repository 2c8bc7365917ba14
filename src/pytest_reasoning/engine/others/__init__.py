"""Engines that run no model on this machine: servers with OpenAI's protocol, and recorded completions."""
